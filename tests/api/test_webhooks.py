# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhooks to licensees: endpoints over HTTP, deliveries to a receiver of this test, checked by a verifier of its own written from
Standard Webhooks 1.0.0. Delays are a twenty-thousandth of the real ones."""
import base64
import concurrent.futures
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import random
import re
import signal
import ssl
import subprocess
import threading
import time
import uuid

import psycopg2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from stack import DEADLINE, ROOT, Client, eventually

HOOKS, TYPES = "/licensing/v1/webhooks", "/licensing/v1/webhook-types"
ROUNDS = int(os.environ.get("CH_ROUNDS", "100"))
SCHEDULE = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
SCALE = 50  # millionths
SCALED = {"licensing": {"webhook_test": "yes", "webhook_delay_ppm": str(SCALE)}}


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def problem(answer, status, expected):
    assert (answer.status, slug(answer)) == (status, expected), answer.raw
    return answer.json


def verified(keys, headers, body):
    """What Standard Webhooks says a receiver does; keys are whsec_ and whpk_ texts. The number of signatures that hold."""
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    held = 0
    for one in headers["webhook-signature"].split(" "):
        scheme, signature = one.split(",", 1)
        for key in keys:
            prefix, encoded = key.split("_", 1)
            raw = base64.b64decode(encoded)
            if (scheme, prefix) == ("v1", "whsec"):
                held += hmac.compare_digest(base64.b64encode(hmac.new(raw, content, hashlib.sha256).digest()).decode(), signature)
            elif (scheme, prefix) == ("v1a", "whpk"):
                try:
                    Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signature), content)
                    held += 1
                except Exception:  # noqa: BLE001
                    pass
    return held


class Receiver:
    """A licensee's program: keeps what came to each path, and answers as told: a status, a function of (handler, how many came), 204."""

    def __init__(self, context=None):
        self.came, self.answers, self.lock, self.under_way, self.most = {}, {}, threading.Lock(), {}, {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    self.here = 1
                    outer.under_way[self.path] = outer.under_way.get(self.path, 0) + 1
                    outer.most[self.path] = max(outer.most.get(self.path, 0), outer.under_way[self.path])
                    outer.came.setdefault(self.path, []).append((time.monotonic(), dict(self.headers.items()), body))
                    count = len(outer.came[self.path])
                answer = outer.answers.get(self.path, 204)
                try:
                    answer(self, count) if callable(answer) else self.say(answer)
                except OSError:
                    self.close_connection = True
                self.leave()

            def leave(self):
                """No longer under way: before the answer's last byte, for its reader may ask again at once."""
                with outer.lock:
                    outer.under_way[self.path] -= self.here
                    self.here = 0

            def say(self, status, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.leave()
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.base = f"{'https' if context else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def path(self, answer=204):
        made = f"/{uuid.uuid4().hex}"
        self.answers[made] = answer
        return made

    def got(self, path, count=1):
        return eventually(f"{count} at {path}", lambda: self.came.get(path, []) if len(self.came.get(path, [])) >= count else None)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def proxy():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def hooks(stack, proxy):
    """With a proxy in the daemon's environment, which must never be asked."""
    before = {name: os.environ.get(name) for name in ("http_proxy", "https_proxy", "ALL_PROXY")}
    os.environ.update({name: proxy.base for name in before})
    try:
        made = stack.trust(settings=SCALED)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    made.register_organisation("uni", "University of the Harbour", "IE", "university", "lin")
    made.register_organisation("startup", "Clear Streets Ltd", "IE", "small_company", "lin")
    yield made
    stack.release(made)


@pytest.fixture(scope="module")
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def tidy(request):
    """Each test begins without endpoints: an organisation has 10 at most."""
    yield
    if "hooks" in request.fixturenames:
        trust = request.getfixturevalue("hooks")
        for name in ("uni", "startup"):
            for one in trust[name].get(HOOKS)["items"]:
                trust[name].delete(f"{HOOKS}/{one['id']}")


def make(trust, receiver, path=None, name="uni", **more):
    path = path or receiver.path()
    made = trust[name].post(HOOKS, {"url": receiver.base + path, **more}).json
    return made, path


def announce(trust, kind, data=None, unique=None, name="uni"):
    trust.sql("SELECT log.announce(%s::uuid, %s, %s, %s)", trust.organisations[name], kind, unique, json.dumps(data or {}))


def deliveries(trust, made, name="uni", query=""):
    return trust[name].get(f"{HOOKS}/{made['id']}/deliveries{query}")["items"]


def settled(trust, made, state, name="uni"):
    return eventually(f"a delivery that is {state}", lambda: next((d for d in deliveries(trust, made, name) if d["state"] == state), None))


# ---- deliveries ----

def test_an_event_reaches_its_endpoint_signed(hooks, receiver):
    """Body, headers and signature are those of Standard Webhooks 1.0.0."""
    made, path = make(hooks, receiver)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    grant = str(uuid.uuid4())
    announce(hooks, "grant.activated", {"grant": grant})
    _, headers, body = receiver.got(path)[0]
    assert verified([made["secret"]], headers, body) == 1
    assert verified(["whsec_" + base64.b64encode(bytes(32)).decode()], headers, body) == 0
    told = json.loads(body)
    assert list(told) == ["type", "timestamp", "data"] and told["type"] == "grant.activated" and told["data"] == {"grant": grant}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["timestamp"])
    assert uuid.UUID(headers["webhook-id"]).version == 7 and headers["Idempotency-Key"] == headers["webhook-id"]
    assert headers["Content-Type"] == "application/json"
    found = settled(hooks, made, "delivered")
    assert (found["event_id"], found["attempts"], found["last_status"], found["type"]) == (headers["webhook-id"], 1, 204, "grant.activated")
    assert found["settled_at"] and found["next_at"] is None and found["last_error"] is None


def test_ed25519_is_signed_when_chosen(hooks, receiver):
    made, path = make(hooks, receiver, scheme="v1a")
    assert made["secret"] is None and re.fullmatch(r"whpk_[A-Za-z0-9+/]{43}=", made["keys"][0]["public_key"])
    announce(hooks, "grant.revoked")
    _, headers, body = receiver.got(path)[0]
    assert headers["webhook-signature"].startswith("v1a,")
    assert verified([made["keys"][0]["public_key"]], headers, body) == 1


def test_every_type_arrives_and_only_those_subscribed(hooks, receiver):
    known = [t["type"] for t in hooks.public.get(TYPES)["items"]]
    assert {"application.decided", "grant.activated", "grant.suspended", "grant.resumed", "grant.revoked", "grant.expiring",
            "agreement.amendment_proposed", "consent.tombstones", "terms.superseded"} <= set(known)
    everything, all_path = make(hooks, receiver)
    _, some_path = make(hooks, receiver, types=["grant.revoked", "consent.tombstones"])
    for kind in [*known, "invoice.unheard_of"]:
        announce(hooks, kind)
    types = lambda path, count: sorted(json.loads(body)["type"] for _, _, body in receiver.got(path, count))  # noqa: E731
    assert types(all_path, len(known) + 1) == sorted([*known, "invoice.unheard_of"])
    assert types(some_path, 2) == ["consent.tombstones", "grant.revoked"]
    hooks.wait_sql("all events to be taken", "SELECT count(*) = 0 FROM log.outbox WHERE topic = 'webhook' AND done_at IS NULL")
    assert len(deliveries(hooks, everything)) == len(known) + 1 and len(receiver.came[some_path]) == 2


def test_an_event_nobody_hears_leaves_nothing(hooks, receiver):
    _, path = make(hooks, receiver)
    before = hooks.sql("SELECT count(*) FROM licensing.webhook_event")[0][0]
    announce(hooks, "grant.revoked", name="startup")
    announce(hooks, "grant.revoked", unique="once", name="startup")
    hooks.sql("SELECT log.announce(NULL, 'grant.revoked', NULL, '{}')")
    hooks.wait_sql("all events to be taken", "SELECT count(*) = 0 FROM log.outbox WHERE topic = 'webhook' AND done_at IS NULL")
    assert hooks.sql("SELECT count(*) FROM licensing.webhook_event")[0][0] == before and path not in receiver.came


def test_an_event_that_cannot_be_worked_off_holds_up_no_other(hooks, receiver):
    """It is put back, later each time, and goes out once its cause is mended."""
    _, path = make(hooks, receiver)
    poison = hooks.sql("INSERT INTO log.outbox (topic, payload, next_at) VALUES ('webhook', %s, '2000-01-01') RETURNING id", json.dumps(
        {"id": str(uuid.uuid4()), "organisation": "nobody", "type": "grant.revoked", "timestamp": "2026-01-01T00:00:00Z", "data": {"n": 1}}))[0][0]
    announce(hooks, "grant.activated", {"n": 2})
    assert json.loads(receiver.got(path)[0][2])["data"] == {"n": 2}
    look = "SELECT done_at IS NULL AND attempts >= %s AND next_at > created_at, last_error FROM log.outbox WHERE id = %s"
    assert "uuid" in hooks.wait_sql("the error", look, 1, poison)[1]
    hooks.wait_sql("another try", look, 2, poison)
    hooks.unguarded(f"UPDATE log.outbox SET payload = payload || '{{\"organisation\": \"{hooks.organisations['uni']}\"}}' WHERE id = {poison}")
    assert json.loads(receiver.got(path, 2)[1][2])["data"] == {"n": 1}
    hooks.wait_sql("all events to be taken", "SELECT count(*) = 0 FROM log.outbox WHERE topic = 'webhook' AND done_at IS NULL")


def test_a_large_event_stays_thin(hooks, receiver):
    """Data over the limit loses its long members; what arrives is under 20 kB and says so."""
    _, path = make(hooks, receiver)
    announce(hooks, "consent.tombstones", {"grant": "g1", "rows": [str(i) for i in range(9000)], "note": "ü" * 9000})
    _, _, body = receiver.got(path)[0]
    assert len(body) < 20000 and json.loads(body)["data"] == {"grant": "g1", "truncated": True}
    announce(hooks, "consent.tombstones", {"grant": "g2", "note": "ü" * 9000})
    _, _, body = receiver.got(path, 2)[1]
    assert len(body) < 20000 and json.loads(body)["data"]["note"] == "ü" * 9000


# ---- attempts ----

def test_failures_follow_the_schedule_and_end(hooks, receiver):
    """Ten attempts with growing delays and one webhook-id; then it has failed, and the organisation's people are told."""
    path = receiver.path(500)
    made, _ = make(hooks, receiver, path)
    announce(hooks, "terms.superseded")
    found = settled(hooks, made, "failed")
    came = receiver.came[path]
    assert len(came) == 10 == found["attempts"] and found["last_status"] == 500 and found["last_error"] is None
    assert len({headers["webhook-id"] for _, headers, _ in came}) == 1 and len({body for _, _, body in came}) == 1
    assert [int(headers["webhook-timestamp"]) for _, headers, _ in came] == sorted(int(headers["webhook-timestamp"]) for _, headers, _ in came)
    for delay, before, after in zip(SCHEDULE, came, came[1:]):
        assert after[0] - before[0] >= delay * SCALE / 1000000 - 0.01
    told = hooks.sql("SELECT payload -> 'body' FROM log.outbox WHERE topic = 'notice' AND payload ->> 'kind' = 'webhook.failed'"
                     " AND payload -> 'body' ->> 'webhook_id' = %s", made["id"])
    assert len(told) == 1 and told[0][0]["event_id"] == found["event_id"]


@pytest.fixture(scope="module")
def unscaled(stack):
    """With the real delays and two workers."""
    made = stack.trust(settings={"licensing": {"webhook_test": "yes"}, "common": {"workers": "2"}})
    made.register_organisation("uni", "University of the Harbour", "IE", "university", "lin")
    yield made
    stack.release(made)


def test_next_attempts_are_dated_within_the_jitter(unscaled, receiver):
    """With the real delays: the second attempt comes after 5 s to 6 s, and Retry-After moves it, in both its forms, up to 24 h."""
    trust = unscaled
    forms = {"plain": None, "seconds": "3600", "date": "Wed, 01 Jan 2098 00:00:00 GMT", "nonsense": "soon"}
    paths = {}
    for name, value in forms.items():
        paths[name] = receiver.path(lambda h, _, v=value: h.say(503, **({"Retry_After": v} if v else {})))
        make(trust, receiver, paths[name])
    announce(trust, "grant.expiring")
    next_in = lambda path: trust.sql(  # noqa: E731
        "SELECT EXTRACT(epoch FROM d.next_at - d.last_attempt_at)::float FROM licensing.webhook_delivery AS d"
        " JOIN licensing.webhook_endpoint AS e ON e.id = d.endpoint_id WHERE e.url LIKE %s AND d.state = 'waiting' AND d.lease IS NULL"
        " AND d.attempts = 1", "%" + path)
    found = {name: eventually("a first attempt", lambda p=path: next_in(p))[0][0] for name, path in paths.items()}
    assert 5 <= found["plain"] < 7 and 5 <= found["nonsense"] < 7
    assert 3600 <= found["seconds"] < 3602 and 86400 <= found["date"] < 86402
    second = receiver.got(paths["plain"], 2)
    assert 5 <= second[1][0] - second[0][0] < 12
    for one in trust["uni"].get(HOOKS)["items"]:
        trust["uni"].delete(f"{HOOKS}/{one['id']}")


def test_what_is_no_success(hooks, receiver):
    """Redirects are not followed, other answers are failures; 2xx of any kind ends it."""
    trap = receiver.path()
    path = receiver.path(lambda h, n: h.say(302, Location=receiver.base + trap) if n == 1 else h.say([404, 503, 299][n - 2]))
    made, _ = make(hooks, receiver, path)
    announce(hooks, "grant.resumed")
    found = settled(hooks, made, "delivered")
    assert found["attempts"] == 4 and found["last_status"] == 299 and trap not in receiver.came


def test_a_redirect_is_named(hooks, receiver):
    path = receiver.path(307)
    made, _ = make(hooks, receiver, path)
    announce(hooks, "grant.resumed")
    eventually("the reason", lambda: [d for d in deliveries(hooks, made) if d["last_error"] == "redirects are not followed" and d["last_status"] == 307])


def test_410_disables_until_somebody_enables(hooks, receiver):
    path = receiver.path(410)
    made, _ = make(hooks, receiver, path)
    announce(hooks, "grant.activated")
    found = settled(hooks, made, "failed")
    assert found["last_status"] == 410 and len(receiver.came[path]) == 1
    shown = hooks["uni"].get(f"{HOOKS}/{made['id']}").json
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "gone") and shown["disabled_at"]
    announce(hooks, "grant.revoked")
    hooks.wait_sql("all events to be taken", "SELECT count(*) = 0 FROM log.outbox WHERE topic = 'webhook' AND done_at IS NULL")
    assert len(deliveries(hooks, made)) == 1
    for verb, body in (("ping", {}), ("resend", {"event_id": found["event_id"]})):
        problem(hooks["uni"].send("POST", f"{HOOKS}/{made['id']}/{verb}", body), 409, "not_allowed_here")
    receiver.answers[path] = 204
    assert hooks["uni"].post(f"{HOOKS}/{made['id']}/enable")["state"] == "live"
    assert hooks["uni"].post(f"{HOOKS}/{made['id']}/resend", {"event_id": found["event_id"]})["state"] == "waiting"
    assert settled(hooks, made, "delivered")["event_id"] == found["event_id"]
    assert len({h["webhook-id"] for _, h, _ in receiver.came[path]}) == 1
    kinds = hooks.sql("SELECT payload ->> 'kind' FROM log.outbox WHERE topic = 'notice' AND payload -> 'body' ->> 'webhook_id' = %s", made["id"])
    assert kinds == [("webhook.disabled",)]


def test_answers_without_end_cost_little(hooks, receiver):
    """1 GB of body behind a 200 counts by its status; a head without end, and a body that drips, are failures."""
    def flood(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    def bomb(handler, _):
        handler.send_response(200)
        while True:
            handler.wfile.write(b"X-Bomb: " + b"a" * 1000 + b"\r\n")

    floods, bombs = receiver.path(flood), receiver.path(bomb)
    flooded, _ = make(hooks, receiver, floods)
    bombed, _ = make(hooks, receiver, bombs)
    announce(hooks, "grant.activated")
    assert settled(hooks, flooded, "delivered")["last_status"] == 200
    assert eventually("a refusal of the head", lambda: [d for d in deliveries(hooks, bombed) if d["attempts"] and d["last_error"]])[0]["last_status"] is None


def test_an_answer_that_drips_ends_after_15_seconds(hooks, receiver):
    """And others are served meanwhile."""
    over = threading.Event()

    def drip(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "60000")
        handler.end_headers()
        while not over.wait(0.1):
            handler.wfile.write(b"x")

    slow_path = receiver.path(drip)
    slow, _ = make(hooks, receiver, slow_path)
    announce(hooks, "grant.activated")
    receiver.got(slow_path)
    _, quick_path = make(hooks, receiver)
    announce(hooks, "grant.activated")
    assert receiver.got(quick_path) and receiver.under_way[slow_path] == 1
    found = eventually("the time-out", lambda: [d for d in deliveries(hooks, slow) if d["last_ms"]])
    over.set()
    assert 14000 <= found[0]["last_ms"] < 20000 and found[0]["last_status"] is None and "imeout" in found[0]["last_error"]


def test_a_certificate_is_verified(hooks, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "chain.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
    receiver = Receiver(context)
    made, path = make(hooks, receiver)
    announce(hooks, "grant.activated")
    found = eventually("a refusal", lambda: [d for d in deliveries(hooks, made) if d["last_error"]])[0]
    assert "certificate" in found["last_error"] and path not in receiver.came
    receiver.close()


# ---- what is not connected to ----

@pytest.fixture(scope="module")
def strict(stack):
    """Without the test switch, with the demonstration's delays."""
    made = stack.trust()
    made.register_organisation("uni", "University of the Harbour", "IE", "university", "lin")
    yield made
    stack.release(made)


@pytest.mark.parametrize("url", [
    "https://127.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::ffff:10.0.0.1]/", "https://[::1]/", "https://2130706433/",
    "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://8.8.8.8/", "https://localhost/", "https://a.localhost/",
    "http://licensee.example/", "https://licensee.example:8443/", "https://user@licensee.example/", "https://user:pass@licensee.example/",
    "https://licensee.example/#x", "https://intranet/", "ftp://licensee.example/", "https://licensee.example\\@127.0.0.1/", "not an address"])
def test_such_an_address_is_not_registered(strict, url):
    told = problem(strict["uni"].send("POST", HOOKS, {"url": url}), 422, "invalid")
    assert [e["pointer"] for e in told["errors"]] == ["/url"]


def test_an_address_is_judged_again_at_each_attempt(strict, receiver):
    """What got past the door (an older version, a hand in the database) is not connected to; nor is a name of this machine."""
    made = strict["uni"].post(HOOKS, {"url": "https://licensee.example/hook"}).json
    own = os.uname().nodename
    for url in (receiver.base + receiver.path(), "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/", f"https://{own}.localhost/"):
        strict.sql("UPDATE licensing.webhook_endpoint SET url = %s WHERE id = %s", url, made["id"])
        announce(strict, "grant.activated")
        found = eventually(f"{url} to be refused", lambda: [d for d in deliveries(strict, made) if d["last_error"]])[0]
        assert found["last_status"] is None and re.search("only https|address in place|this machine|own port", found["last_error"]), found
        strict.sql("DELETE FROM licensing.webhook_delivery")
    assert not receiver.came.get("/")


def test_no_proxy_is_taken_from_the_environment(hooks, receiver, proxy):
    """It would connect for us to what we refuse."""
    _, path = make(hooks, receiver)
    announce(hooks, "grant.activated")
    environment = pathlib.Path(f"/proc/{hooks.daemon.process.pid}/environ").read_bytes()
    assert receiver.got(path) and f"http_proxy={proxy.base}".encode() in environment and not proxy.came


def test_the_test_switch_is_warned_of(hooks, strict):
    assert "webhook_test is on" in hooks.log_text() and "webhook_test is on" not in strict.log_text()


# ---- endpoints ----

def test_an_endpoint_is_shown_without_its_secret(hooks, receiver):
    made, path = make(hooks, receiver, description="main", types=["grant.revoked", "grant.activated"])
    secret = made.pop("secret")
    assert hooks["uni"].get(f"{HOOKS}/{made['id']}").json == made
    assert made["types"] == ["grant.activated", "grant.revoked"] and made["url"] == receiver.base + path and made["state"] == "live"
    listed = hooks["uni"].get(HOOKS)
    assert listed["items"] == [made] and listed["next"] is None and secret[6:].encode() not in listed.raw


def test_secrets_are_sealed_and_never_logged(hooks, receiver, stack):
    made, path = make(hooks, receiver)
    announce(hooks, "grant.activated")
    receiver.got(path)
    raw = base64.b64decode(made["secret"][6:])
    rows = hooks.sql("SELECT k.sealed FROM licensing.webhook_key AS k WHERE k.endpoint_id = %s", made["id"])
    assert len(rows) == 1 and raw not in bytes(rows[0][0]) and len(bytes(rows[0][0])) == 60
    dump = subprocess.run(["pg_dump", "-Fp", "--inserts", hooks.database], capture_output=True, check=True).stdout if _has("pg_dump") else \
        json.dumps(hooks.sql("SELECT to_jsonb(i)::text FROM log.idempotency AS i")).encode()
    for form in (made["secret"].encode(), made["secret"][6:].encode(), raw.hex().encode()):
        assert form not in dump and form.decode() not in hooks.log_text()
    assert receiver.base + path not in hooks.log_text()


def _has(program):
    return any(pathlib.Path(folder, program).exists() for folder in os.environ["PATH"].split(":"))


def test_the_same_key_makes_one_endpoint(hooks, receiver):
    body, headers = {"url": receiver.base + receiver.path()}, {"Idempotency-Key": uuid.uuid4().hex}
    first = hooks["uni"].post(HOOKS, body, headers=headers).json
    second = hooks["uni"].post(HOOKS, body, headers=headers).json
    assert first["secret"] and second["secret"] is None and {**first, "secret": None} == second
    problem(hooks["uni"].send("POST", HOOKS, {**body, "description": "other"}, headers=headers), 409, "idempotency_conflict")
    assert len(hooks["uni"].get(HOOKS)["items"]) == 1


def test_fields_are_checked(hooks, receiver):
    url = receiver.base + receiver.path()
    for body, pointer in (({}, "/url"), ({"url": url, "types": []}, "/types"), ({"url": url, "types": ["grant.unheard_of"]}, "/types/0"),
                          ({"url": url, "types": ["grant.revoked", "grant.revoked"]}, "/types/1"), ({"url": url, "scheme": "v2"}, "/scheme"),
                          ({"url": url, "description": "x" * 201}, "/description"), ({"url": url, "secret": "mine"}, "/secret"),
                          ({"url": "https://licensee.example/" + "x" * 2048}, "/url")):
        told = problem(hooks["uni"].send("POST", HOOKS, body), 422, "invalid")
        assert pointer in [e["pointer"] for e in told["errors"]], (body, told)


def test_ten_endpoints_are_enough(hooks, receiver):
    """Also when many ask at once."""
    clients = [Client(hooks.base) for _ in range(4)]
    for client in clients:
        client.cookies = dict(hooks["uni"].cookies)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = sum(pool.map(lambda c: [c.send("POST", HOOKS, {"url": f"{receiver.base}/{n}"}).status for n in range(4)], clients), [])
    assert sorted(answers) == [201] * 10 + [409] * 6
    problem(hooks["uni"].send("POST", HOOKS, {"url": receiver.base + "/eleventh"}), 409, "not_allowed_here")
    hooks["uni"].delete(f"{HOOKS}/{hooks['uni'].get(HOOKS)['items'][0]['id']}")
    assert hooks["uni"].send("POST", HOOKS, {"url": receiver.base + "/eleventh"}).status == 201


def test_who_may(hooks, receiver):
    """Nobody, members, and people of another organisation see and touch nothing; an applicant may what a signatory may."""
    made, _ = make(hooks, receiver)
    one = f"{HOOKS}/{made['id']}"
    calls = [("GET", HOOKS, None), ("GET", one, None), ("GET", one + "/deliveries", None), ("POST", HOOKS, {"url": receiver.base}),
             ("POST", one + "/ping", {}), ("POST", one + "/enable", {}), ("POST", one + "/rotate-secret", {}),
             ("POST", one + "/resend", {"event_id": str(uuid.uuid4())}), ("DELETE", one, None)]
    for method, path, body in calls:
        assert hooks.public.send(method, path, body).status == 401
        assert hooks["lin"].send(method, path, body).status == 403
        if path != HOOKS:
            problem(hooks["startup"].send(method, path, body), 404, "not_found")
            problem(hooks["uni"].send(method, path.replace(made["id"], str(uuid.uuid4())), body), 404, "not_found")
            problem(hooks["uni"].send(method, path.replace(made["id"], "nonsense"), body), 404, "not_found")
    assert hooks["startup"].get(HOOKS)["items"] == []
    assert hooks["uni"].get(one)["keys"] == made["keys"]
    email = f"a{uuid.uuid4().hex[:10]}@uni.example"
    person = hooks["uni"].post(f"/licensing/v1/organisations/{hooks.organisations['uni']}/persons",
                               {"person": "Ann Applicant", "email": email, "role": "applicant"}).json
    applicant = hooks.add("applicant", person["invite"], email)
    assert applicant.get(one)["id"] == made["id"] and applicant.send("POST", one + "/rotate-secret", {}).status == 200


def test_delete_ends_it(hooks, receiver):
    path = receiver.path(500)
    made, _ = make(hooks, receiver, path)
    announce(hooks, "grant.activated")
    receiver.got(path)
    assert hooks["uni"].send("DELETE", f"{HOOKS}/{made['id']}").status == 204
    problem(hooks["uni"].send("DELETE", f"{HOOKS}/{made['id']}"), 404, "not_found")
    problem(hooks["uni"].send("GET", f"{HOOKS}/{made['id']}"), 404, "not_found")
    assert hooks.sql("SELECT count(*) FROM licensing.webhook_key WHERE endpoint_id = %s", made["id"]) == [(0,)]
    eventually("nothing under way", lambda: not receiver.under_way[path])
    count = len(receiver.came[path])
    announce(hooks, "grant.activated")
    hooks.wait_sql("all events to be taken", "SELECT count(*) = 0 FROM log.outbox WHERE topic = 'webhook' AND done_at IS NULL")
    other, other_path = make(hooks, receiver)
    hooks["uni"].post(f"{HOOKS}/{other['id']}/ping")
    receiver.got(other_path)
    assert len(receiver.came[path]) == count
    assert hooks.sql("SELECT count(*) FROM licensing.webhook_delivery WHERE endpoint_id = %s AND state = 'waiting'", made["id"]) == [(0,)]


def test_rotation_signs_with_both_for_a_stated_time(hooks, receiver):
    made, path = make(hooks, receiver)
    turned = hooks["uni"].post(f"{HOOKS}/{made['id']}/rotate-secret", {"overlap_hours": 1, "scheme": "v1a"}).json
    assert turned["secret"] is None and [k["scheme"] for k in turned["keys"]] == ["v1a", "v1"] and turned["keys"][1]["until"]
    announce(hooks, "grant.activated")
    _, headers, body = receiver.got(path)[0]
    assert re.fullmatch(r"v1a,[A-Za-z0-9+/]{86}== v1,[A-Za-z0-9+/]{43}=", headers["webhook-signature"])
    assert verified([made["secret"]], headers, body) == 1 and verified([turned["keys"][0]["public_key"]], headers, body) == 1
    hooks.sql("UPDATE licensing.webhook_key SET until_at = now() WHERE endpoint_id = %s AND no = 1", made["id"])
    hooks.wait_sql("the old key to be deleted", "SELECT count(*) = 1 FROM licensing.webhook_key WHERE endpoint_id = %s", made["id"])
    announce(hooks, "grant.activated")
    _, headers, body = receiver.got(path, 2)[1]
    assert verified([made["secret"]], headers, body) == 0 and " " not in headers["webhook-signature"]
    again = hooks["uni"].post(f"{HOOKS}/{made['id']}/rotate-secret", {"overlap_hours": 0, "scheme": "v1"}).json
    assert len(again["keys"]) == 1 and again["secret"].startswith("whsec_")
    third = hooks["uni"].post(f"{HOOKS}/{made['id']}/rotate-secret").json
    fourth = hooks["uni"].post(f"{HOOKS}/{made['id']}/rotate-secret").json
    assert [k["no"] for k in fourth["keys"]] == [5, 4] and third["secret"] != fourth["secret"]
    problem(hooks["uni"].send("POST", f"{HOOKS}/{made['id']}/rotate-secret", {"overlap_hours": 169}), 422, "invalid")


def test_a_rotation_repeated_is_one_rotation(hooks, receiver):
    made, _ = make(hooks, receiver)
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (hooks["uni"].post(f"{HOOKS}/{made['id']}/rotate-secret", {}, headers=headers).json for _ in range(2))
    assert first["secret"] and second["secret"] is None and first["keys"] == second["keys"]


def test_ping_and_resend(hooks, receiver):
    made, path = make(hooks, receiver, types=["grant.revoked"])
    sent = hooks["uni"].post(f"{HOOKS}/{made['id']}/ping").json
    assert (sent["type"], sent["state"]) == ("webhook.ping", "waiting")
    problem(hooks["uni"].send("POST", f"{HOOKS}/{made['id']}/ping"), 409, "too_soon")
    _, headers, body = receiver.got(path)[0]
    assert json.loads(body)["data"] == {"webhook_id": made["id"]} and verified([made["secret"]], headers, body) == 1
    settled(hooks, made, "delivered")
    hooks["uni"].post(f"{HOOKS}/{made['id']}/resend", {"event_id": sent["event_id"]})
    again = receiver.got(path, 2)[1]
    assert again[1]["webhook-id"] == sent["event_id"] and again[2] == body
    told = problem(hooks["uni"].send("POST", f"{HOOKS}/{made['id']}/resend", {"event_id": str(uuid.uuid4())}), 422, "invalid")
    assert told["errors"][0]["pointer"] == "/event_id"


def test_a_failed_ping_is_not_repeated(hooks, receiver):
    path = receiver.path(500)
    made, _ = make(hooks, receiver, path)
    hooks["uni"].post(f"{HOOKS}/{made['id']}/ping")
    assert settled(hooks, made, "failed")["attempts"] == 1 and len(receiver.came[path]) == 1


def test_deliveries_are_paged_newest_first(hooks, receiver):
    made, path = make(hooks, receiver)
    for number in range(7):
        announce(hooks, "grant.activated", {"number": number})
    receiver.got(path, 7)
    eventually("all to be recorded", lambda: len(deliveries(hooks, made, query="?state=delivered")) == 7)
    seen, after = [], ""
    while after is not None:
        page = hooks["uni"].get(f"{HOOKS}/{made['id']}/deliveries?limit=3{after and '&after=' + after}").json
        seen += [d["event_id"] for d in page["items"]]
        after = page["next"]
    assert len(seen) == 7 and seen == sorted(seen, reverse=True)
    assert deliveries(hooks, made, query="?state=failed") == []
    for query in ("?limit=0", "?limit=101", "?after=x", "?state=lost"):
        assert hooks["uni"].send("GET", f"{HOOKS}/{made['id']}/deliveries{query}").status == 400


def test_without_a_secret_there_are_no_webhooks(strict):
    """A trust from before there were webhooks starts, says what is missing, and refuses them alone."""
    os.environ["COMMONHOLD_LICENSING_WEBHOOK_SECRET"] = "secrets/none.secret"
    try:
        strict.restart()
    finally:
        del os.environ["COMMONHOLD_LICENSING_WEBHOOK_SECRET"]
    assert "there is no webhook secret" in strict.log_text()
    problem(strict["uni"].send("POST", HOOKS, {"url": "https://licensee.example/"}), 503, "unavailable")
    assert strict["uni"].get(HOOKS).status == 200
    strict.restart()


# ---- crashes and races ----

def test_a_worker_killed_in_mid_attempt(hooks, receiver):
    """The attempt is begun again, with the same webhook-id and number."""
    over = threading.Event()
    path = receiver.path(lambda h, n: (over.wait(DEADLINE), h.say(204)) if n == 1 else h.say(204))
    made, _ = make(hooks, receiver, path)
    announce(hooks, "grant.activated")
    receiver.got(path)
    worker = hooks.sql("SELECT worker FROM job.job WHERE kind = 'send_webhooks' AND state = 'running'")[0][0]
    os.kill(int(worker.split(":")[1]), signal.SIGKILL)
    came = receiver.got(path, 2)
    over.set()
    found = settled(hooks, made, "delivered")
    assert found["attempts"] == 1 and len(came) == 2 and len({h["webhook-id"] for _, h, _ in came}) == 1


def test_two_senders_at_once(stack):
    """Many rounds of two workers' takes and records on the same deliveries: each is begun once at a time and settled once; fan-out by
    two clocks at once makes one delivery of an event."""
    trust = stack.trust(start=False)
    organisation = str(uuid.uuid4())
    trust.sql("INSERT INTO licensing.organisation (organisation_id, name, country, claimed_class) VALUES (%s, 'Racing', 'IE', 'company')", organisation)
    for _ in range(3):
        trust.sql("INSERT INTO licensing.webhook_endpoint (id, organisation_id, url, created_by) VALUES (log.new_id(), %s, 'https://licensee.example/', %s)",
                  organisation, organisation)
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance, lock, held, most, begun = random.Random(seed), threading.Lock(), {}, [0], []
    gate = threading.Barrier(2)

    def send(connection):
        end = time.monotonic() + DEADLINE
        with connection.cursor() as mine:
            while time.monotonic() < end:
                mine.execute("SELECT body -> 'items' FROM licensing.take_webhooks(2, 25)")
                items = mine.fetchone()[0]
                if not items:
                    mine.execute("SELECT count(*) FROM licensing.webhook_delivery WHERE state = 'waiting'")
                    if mine.fetchone()[0] == 0:
                        return
                for item in items:
                    with lock:
                        held[item["endpoint_id"]] = held.get(item["endpoint_id"], 0) + 1
                        most[0] = max(most[0], held[item["endpoint_id"]])
                        begun.append((item["endpoint_id"], item["event_id"], item["attempt"]))
                        verdict = chance.choice(["delivered", "failed"]) if item["attempt"] < 3 else "delivered"
                        held[item["endpoint_id"]] -= 1
                    mine.execute("SELECT outcome FROM licensing.record_webhook(%s, %s, %s, %s)", (item["endpoint_id"], item["event_id"], item["lease"],
                                 json.dumps({"verdict": verdict, "status": 204 if verdict == "delivered" else 500, "next_ms": 0})))
                    assert mine.fetchone()[0] == "ok"

    def work():
        with contextlib.closing(psycopg2.connect(trust.database)) as connection:
            connection.autocommit = True
            for number in range(ROUNDS):
                gate.wait(DEADLINE)
                with connection.cursor() as mine:
                    mine.execute("SELECT log.announce(%s::uuid, 'grant.activated', %s, '{}')", (organisation, str(number)))
                    mine.execute("SELECT licensing.fan_out_webhooks(10)")
                send(connection)
                gate.wait(DEADLINE)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work) for _ in range(2)]:
            done.result()
    assert trust.sql("SELECT count(*), count(*) FILTER (WHERE state = 'delivered') FROM licensing.webhook_delivery") == [(3 * ROUNDS, 3 * ROUNDS)]
    assert trust.sql("SELECT count(*) FROM licensing.webhook_event") == [(ROUNDS,)]
    assert len(begun) == len(set(begun)) and most[0] == 1, "an attempt was begun twice"
    assert trust.sql("SELECT outcome FROM licensing.record_webhook(%s, %s, %s, '{\"verdict\": \"gone\"}')", *begun[0][:2], str(uuid.uuid4())) == [("stale",)]
    stack.release(trust)


def test_two_workers_send_each_event_once(unscaled, receiver):
    """Two worker processes over HTTP: every event arrives once at each endpoint, one thing at a time."""
    trust = unscaled
    trust.sql("DELETE FROM licensing.webhook_delivery")
    paths = [make(trust, receiver)[1] for _ in range(3)]
    for number in range(20):
        announce(trust, "grant.activated", {"number": number}, unique=str(number))
        announce(trust, "grant.activated", {"number": number}, unique=str(number))
    for path in paths:
        receiver.got(path, 20)
    trust.wait_sql("all to be recorded", "SELECT count(*) = 60 FROM licensing.webhook_delivery WHERE state = 'delivered'")
    for path in paths:
        assert sorted(json.loads(body)["data"]["number"] for _, _, body in receiver.came[path]) == list(range(20)) and receiver.most[path] == 1


# ---- the documents ----

def snippet(language):
    text = (ROOT / "docs/webhooks.md").read_text()
    return re.search(rf"```{language}\n(.*?)```", text, flags=re.S).group(1)


@pytest.mark.parametrize("language", ["python", "sh"])
def test_the_documented_verifiers_verify(hooks, receiver, tmp_path, language):
    """docs/webhooks.md: what its programs accept came from us; what they refuse did not."""
    made, path = make(hooks, receiver)
    announce(hooks, "grant.activated", {"grant": str(uuid.uuid4())})
    _, headers, body = receiver.got(path)[0]
    (tmp_path / "verify").write_text(snippet(language))
    (tmp_path / "body").write_bytes(body)

    def run(content=body, secret=made["secret"], **changed):
        (tmp_path / "body").write_bytes(content)
        sent = {**{name: headers["webhook-" + name] for name in ("id", "timestamp", "signature")}, **changed}
        return subprocess.run([{"python": "python3", "sh": "sh"}[language], tmp_path / "verify", secret, sent["id"], sent["timestamp"], sent["signature"],
                               tmp_path / "body"], capture_output=True, text=True, timeout=DEADLINE)

    assert run().returncode == 0, run().stderr
    assert run(signature="v1,AAAA " + headers["webhook-signature"]).returncode == 0
    for bad in (run(content=body + b" "), run(secret="whsec_" + base64.b64encode(bytes(32)).decode()), run(id=str(uuid.uuid4())),
                run(timestamp=str(int(headers["webhook-timestamp"]) + 1)), run(timestamp="1614265330"), run(signature="v1,"), run(signature="v2,x")):
        assert bad.returncode != 0
