# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small HTTP client for a trust, as its users' programs would write it: cookies, CSRF, idempotency keys, problems. Standard library only."""
import base64
import hashlib
import hmac
import http.client
import json
import struct
import time
import urllib.parse
import uuid


class Problem(Exception):
    """An answer of 400 and above: status, slug and the problem document."""

    def __init__(self, method, path, status, body):
        self.status, self.body = status, body
        self.slug = body.get("type", "").rsplit("/", 1)[-1] if isinstance(body, dict) else ""
        super().__init__(f"{method} {path}: {status} {self.slug} {json.dumps(body)[:600]}")


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw
        self.outcome = headers.get("X-Commonhold-Outcome", "")

    @property
    def json(self):
        return json.loads(self.raw) if self.raw else None

    def __getitem__(self, key):
        return self.json[key]


class Client:
    """One person's browser, or one program when `token` is given."""

    def __init__(self, base, token=None):
        self.base, self.token = urllib.parse.urlsplit(base), token
        self.cookies, self.connection, self.credentials = {}, None, None
        self.totp_secret, self.totp_step = None, 0
        self.renewed_at = 0.0

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def _headers(self, method, headers):
        sent = dict(headers or {})
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        elif self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
            if method not in ("GET", "HEAD"):
                sent.setdefault("X-CSRF-Token", self.cookies.get("ch_csrf", ""))
        if method == "POST":
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        return sent

    def _once(self, method, path, body, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.base.hostname, self.base.port, timeout=60)
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        raw = response.read()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                pair = value.split(";", 1)[0].split("=", 1)
                self.cookies[pair[0]] = pair[1]
        return Answer(response.status, response.headers, raw)

    def _exchange(self, method, path, body, headers):
        """Once more where the server had closed an idle connection: what creates has its key."""
        try:
            return self._once(method, path, body, headers)
        except (http.client.HTTPException, ConnectionError):
            self.close()
            return self._once(method, path, body, headers)

    def send(self, method, path, body=None, headers=None, raw=None):
        """The answer whatever its status. A JSON body in `body`, bytes in `raw`."""
        if self.credentials and time.monotonic() - self.renewed_at > 200:
            self.renew()
        sent = self._headers(method, headers)
        if raw is None and (body is not None or method in ("POST", "PUT", "PATCH")):
            raw = json.dumps(body if body is not None else {}).encode()
            sent.setdefault("Content-Type", "application/json")
        return self._exchange(method, path, raw, sent)

    def _expect(self, method, path, **more):
        answer = self.send(method, path, **more)
        if answer.status >= 400:
            try:
                problem = answer.json
            except ValueError:
                problem = {"detail": answer.raw[:300].decode(errors="replace")}
            raise Problem(method, path, answer.status, problem)
        return answer

    def get(self, path, **more):
        return self._expect("GET", path, **more)

    def post(self, path, body=None, **more):
        return self._expect("POST", path, body=body, **more)

    def put(self, path, body=None, **more):
        return self._expect("PUT", path, body=body, **more)

    def patch(self, path, body=None, **more):
        return self._expect("PATCH", path, body=body, **more)

    def delete(self, path, **more):
        return self._expect("DELETE", path, **more)

    # -- people ----------------------------------------------------------

    def accept_invite(self, code, email, password):
        return self.post(f"/portal/v1/invites/{code}/accept", {"email": email, "password": password})

    def sign_in(self, email, password):
        self.cookies = {}
        answer = self.post("/portal/v1/sign-ins", {"email": email, "password": password, **self._code()})
        self.credentials, self.renewed_at = (email, password), time.monotonic()
        self.subject = answer["subject"]
        return self

    def renew(self):
        ended = self._exchange("GET", "/portal/v1/sign-ins/current", None, self._headers("GET", None)).status != 200
        self.renewed_at = time.monotonic()
        if ended:
            self.sign_in(*self.credentials)

    def _code(self):
        """The next code of the second factor, where it is on: each works once, and its neighbours in time are taken too."""
        if not self.totp_secret:
            return {}
        self.totp_step = max(self.totp_step + 1, int(time.time()) // 30 - 1)
        return {"code": totp(self.totp_secret, self.totp_step)}

    def enable_totp(self):
        """Turns the second factor on, once, and signs in again with it, as binding deeds demand."""
        if self.totp_secret:
            return self
        self.totp_secret = base64.b32decode(self.post("/portal/v1/totp-keys")["secret"])
        self.post("/portal/v1/totp-keys/current/confirm", self._code())
        return self.sign_in(*self.credentials)

    # -- tus 1.0.0 -------------------------------------------------------

    def upload(self, contribution, content, filename, chunk=4 << 20):
        """Uploads bytes for a contribution in chunks with checksums; returns the upload's path."""
        tus = {"Tus-Resumable": "1.0.0"}
        pairs = {"contribution": contribution, "filename": filename, "sha256": hashlib.sha256(content).hexdigest()}
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in pairs.items())
        made = self.post("/licensing/v1/uploads", headers={**tus, "Upload-Length": str(len(content)), "Upload-Metadata": metadata,
                                                           "Content-Type": "application/offset+octet-stream"}, raw=b"")
        path = urllib.parse.urlsplit(made.headers["Location"]).path
        for offset in range(0, len(content), chunk):
            part = content[offset:offset + chunk]
            digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
            self.patch(path, raw=part, headers={**tus, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset),
                                                "Upload-Checksum": f"sha256 {digest}"})
        return path


def totp(secret, step):
    """RFC 6238: SHA-1, 6 digits; steps of 30 s."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    number = struct.unpack(">I", digest[digest[19] & 15:][:4])[0] & 0x7fffffff
    return f"{number % 1000000:06d}"


def wait_for(what, condition, seconds=60, pause=0.1):
    """Calls `condition` until it gives something true; a deadline, never a bare sleep."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(pause)
