# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploads by tus 1.0.0 over raw sockets: the whole table of refusals, bodies torn anywhere, daemons killed anywhere, two writers at once, and
what a body of hundreds of megabytes costs the daemon."""
import base64
import hashlib
import os
import random
import re
import signal
import socket
import struct
import threading
import time

import pytest

from stack import DEADLINE, SANITIZED, eventually
from trust import LIC, sensor_schema

UPLOADS = f"{LIC}/uploads"
KIND = "application/offset+octet-stream"
SEED = int(os.environ.get("CH_SEED", "20260504"))
ROUNDS = int(os.environ.get("CH_ROUNDS", "60"))
MEGA = 1 << 20


def b64(value):
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


def checksum(data, algorithm="sha256"):
    return f"{algorithm} {b64(hashlib.new(algorithm, data).digest())}"


def noise(size, seed=SEED):
    return random.Random(seed).randbytes(size)


# ---- a client that shows every byte ----

class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, name):
        return self.headers.get(name.lower())

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


def read_answer(sock, method="PATCH", buffer=None):
    buffer = bytearray() if buffer is None else buffer

    def more():
        data = sock.recv(65536)
        if not data:
            raise ConnectionError(f"ended without a word behind {bytes(buffer)!r}")
        buffer.extend(data)
    while b"\r\n\r\n" not in buffer:
        more()
    head, _, _ = bytes(buffer).partition(b"\r\n\r\n")
    del buffer[:len(head) + 4]
    lines = head.decode().split("\r\n")
    status = int(lines[0].split()[1])
    headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
    size = 0 if method == "HEAD" or status < 200 else int(headers.get("content-length", 0))
    while len(buffer) < size:
        more()
    body = bytes(buffer[:size])
    del buffer[:size]
    return Answer(status, headers, body)


class Tus:
    """One member's uploads. Every request has a connection of its own, unless it is given one."""

    def __init__(self, trust, name):
        self.trust, self.person, self.token = trust, trust[name], ""
        self.renew()

    def renew(self):
        self.person.renew()
        self.token = self.person.cookies["ch_token"]

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.trust.port), timeout=DEADLINE)

    def head_of(self, method, path, headers, size=None):
        headers = {"Host": "x", "Tus-Resumable": "1.0.0", "Authorization": f"Bearer {self.token}", **headers}
        if size is not None:
            headers.setdefault("Content-Length", str(size))
        lines = [f"{k}: {v}" for k, v in headers.items() if v is not None]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines]).encode() + b"\r\n\r\n"

    def ask(self, method, path, body=b"", **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        with self.connect() as sock:
            try:
                sock.sendall(self.head_of(method, path, headers, len(body)) + body)
            except ConnectionError:
                pass  # refused before all was sent: the answer is there
            return read_answer(sock, method)

    def contribution(self, **more):
        answer = self.person.post(f"{LIC}/contributions", {
            "pool": "air", "format": "csv", "dialect": {"delimiter": ";", "header_map": {"timestamp": "at", "P1": "pm10", "P2": "pm25"}},
            "provenance": {"source": "device", "software": "SDS011", "period": {"from": "2019-05-06", "until": "2019-05-06"},
                           "method": "measured", "processing": "none"}, "licence": {"kind": "own_data", "charter_version": 1}, **more})
        return answer.json["id"]

    def create(self, length, contribution=None, **headers):
        contribution = contribution or self.contribution()
        headers.setdefault("Upload_Metadata", f"contribution {b64(contribution)}")
        return self.ask("POST", UPLOADS, Upload_Length=str(length), **headers)

    def made(self, length, contribution=None):
        """Path of a new upload."""
        answer = self.create(length, contribution)
        assert answer.status == 201, answer
        return answer["Location"][len(self.trust.base):]

    def patch(self, path, body, offset, **headers):
        return self.ask("PATCH", path, body, **{"Content_Type": KIND, "Upload_Offset": str(offset), **headers})

    def patch_head(self, path, offset, size, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.head_of("PATCH", path, {"Content-Type": KIND, "Upload-Offset": str(offset), **headers}, size)

    def offset(self, path):
        answer = self.ask("HEAD", path)
        assert answer.status == 200, answer
        return int(answer["Upload-Offset"])

    def file(self, path):
        return self.trust.stack.folder / f"uploads-{self.trust.name}" / path.rsplit("/", 1)[1]

    def torn(self, path, offset, size, part, how="close", **headers):
        """Begins a PATCH of `size` bytes, sends `part` of them and breaks the connection."""
        sock = self.connect()
        sock.sendall(self.patch_head(path, offset, size, **headers) + part)
        if how == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    def resume(self, path, data, **headers):
        """As a client of tus does it: HEAD, then the rest; again while another request still writes."""
        def tried():
            answer = self.patch(path, data[at:], at, **headers) if (at := self.offset(path)) < len(data) else True
            return answer if answer is True or answer.status == 204 else None
        return eventually("the upload to be resumed", tried)


@pytest.fixture(scope="module")
def tus(trust):
    open_pool(trust)
    return Tus(trust, "ada")


@pytest.fixture
def other(trust, tus):
    return Tus(trust, "ben")


@pytest.fixture(autouse=True)
def fresh_token(request):
    if "tus" in request.fixturenames:
        request.getfixturevalue("tus").renew()


def open_pool(trust):
    """A pool that is open without its vote."""
    trust.open_pool("air", "Air", sensor_schema())


def decided(tus, contribution):
    return eventually("the contribution to be decided", lambda: (
        found if (found := tus.person.get(f"{LIC}/contributions/{contribution}").json)["state"] in ("accepted", "rejected") else None))


# ---- the table of licensing.md 2.1 ----

def test_options_needs_no_login(tus):
    answer = tus.ask("OPTIONS", UPLOADS, Authorization=None, Tus_Resumable=None)
    assert answer.status == 204
    assert (answer["Tus-Version"], answer["Tus-Resumable"]) == ("1.0.0", "1.0.0")
    assert answer["Tus-Max-Size"] == "1073741824"
    assert answer["Tus-Extension"] == "creation,termination,checksum,expiration"
    assert answer["Tus-Checksum-Algorithm"] == "sha256,sha1"


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1", ""])
def test_another_version_is_412_and_nothing_happens(tus, version):
    contribution = tus.contribution()
    path = tus.made(10, contribution)
    metadata = f"contribution {b64(contribution)}"
    for answer in (tus.ask("POST", UPLOADS, Upload_Length="5", Upload_Metadata=metadata, Tus_Resumable=version),
                   tus.ask("HEAD", path, Tus_Resumable=version), tus.patch(path, b"x", 0, Tus_Resumable=version),
                   tus.ask("DELETE", path, Tus_Resumable=version), tus.ask("POST", path, X_HTTP_Method_Override="DELETE", Tus_Resumable=version)):
        assert (answer.status, answer["Tus-Version"], answer["Tus-Resumable"]) == (412, "1.0.0", "1.0.0"), answer
    assert tus.offset(path) == 0


def test_every_answer_says_tus_resumable(tus, other):
    path = tus.made(10)
    for answer, status in (
            (tus.ask("POST", UPLOADS, Authorization=None), 401), (tus.ask("HEAD", path, Authorization=None), 401),
            (tus.patch(path, b"x", 0, Authorization=None), 401), (tus.ask("DELETE", path, Authorization=None), 401),
            (tus.patch(path, b"x", 0, Authorization="Bearer x.y.z"), 401), (other.ask("HEAD", path), 404),
            (tus.ask("HEAD", UPLOADS + "/nonsense"), 404), (tus.ask("HEAD", UPLOADS + "/0190a0b0-0000-7000-8000-000000000000"), 404),
            (tus.ask("PUT", path), 405), (tus.ask("GET", UPLOADS), 405), (tus.ask("OPTIONS", path), 204),
            (tus.ask("DELETE", path, b"x" * 5000), 413), (tus.ask("POST", path), 400), (tus.ask("DELETE", path), 204), (tus.ask("HEAD", path), 410)):
        assert (answer.status, answer["Tus-Resumable"]) == (status, "1.0.0"), answer


def test_creation(tus):
    contribution = tus.contribution()
    metadata = f"contribution {b64(contribution)},filename {b64('../../etc/passwd')},note,sha256 {b64('0' * 64)}"
    answer = tus.create(5, Upload_Metadata=metadata)
    assert answer.status == 201 and answer["Location"].startswith(tus.trust.base + UPLOADS + "/")
    expires = time.mktime(time.strptime(answer["Upload-Expires"], "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
    assert abs(expires - time.time() - 7 * 86400) < 120
    head = tus.ask("HEAD", answer["Location"][len(tus.trust.base):])
    assert (head.status, head["Upload-Offset"], head["Upload-Length"], head["Upload-Metadata"], head["Cache-Control"]) == \
        (200, "0", "5", metadata, "no-store")


def test_creation_refused(tus, other):
    contribution = tus.contribution()
    good = f"contribution {b64(contribution)}"
    assert tus.create(1 << 30, contribution).status == 201
    assert tus.create((1 << 30) + 1, contribution).status == 413
    for length in ("-1", "x", "", "1.5", "9" * 30, None):
        assert tus.ask("POST", UPLOADS, Upload_Length=length, Upload_Metadata=good).status == 400, length
    assert tus.ask("POST", UPLOADS, Upload_Defer_Length="1", Upload_Metadata=good).status == 400
    assert tus.create(5, contribution, Upload_Defer_Length="1").status == 400
    for size in (1, 4096, 3 * MEGA):
        assert tus.ask("POST", UPLOADS, b"x" * size, Upload_Length="5", Upload_Metadata=good, Content_Type=KIND).status == 400, size
    assert other.create(5, contribution).status == 404
    for other_id in ("0190a0b0-0000-7000-8000-000000000000",):
        assert tus.create(5, other_id).status == 404


@pytest.mark.parametrize("metadata", [
    None, "", "filename {name}", "contribution", "contribution !", "contribution {id},contribution {id}", "contribution {id},a {name},a {name}",
    "contribution {id},filename !!!", "contribution {id},filename {broken}", "contribution {id},filename {return}", "contribution {id},filename {nul}",
    "contribution {id},filename {latin}", "contribution {id},", "contribution {id},,a {name}", "contribution  {id}", "contribution {id} {id}",
    "contribution {short}", "contribution {id},sha256 {name}", "contribution {long}", "contribution {name}"])
def test_bad_metadata_is_400(tus, metadata):
    contribution = tus.contribution()
    if metadata is not None:
        metadata = metadata.format(id=b64(contribution), name=b64("x"), broken=b64("a\nb"), **{"return": b64("a\r\nX: y")}, nul=b64("a\0b"),
                                   latin=b64(b"\xe4"), short=b64(contribution)[:-2], long=b64("x" * 5000))
    answer = tus.ask("POST", UPLOADS, Upload_Length="5", Upload_Metadata=metadata)
    assert answer.status == 400, answer


def test_file_names_are_never_paths(tus):
    folder = tus.file("x/y").parent
    for name in ("../../../../tmp/commonhold-escaped", "/etc/passwd", "..", ".", "a/b", "con", "\u202egnp.exe", "x" * 2000, "'; DROP TABLE x;--"):
        answer = tus.create(3, Upload_Metadata=f"contribution {b64(tus.contribution())},filename {b64(name)}")
        assert answer.status == 201, name
        assert tus.patch(answer["Location"][len(tus.trust.base):], b"ab", 0).status == 204
    for path in folder.iterdir():
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", path.name), path
        assert path.stat().st_mode & 0o777 == 0o600


def test_patch_refused(tus, other):
    path = tus.made(10)
    assert tus.patch(path, b"x", 0, Content_Type="text/csv").status == 415
    assert tus.patch(path, b"x", 0, Content_Type=None).status == 415
    for offset in ("-1", "x", "", None):
        assert tus.ask("PATCH", path, b"x", Content_Type=KIND, Upload_Offset=offset).status == 400, offset
    assert tus.patch(path, b"x", 1).status == 409
    assert tus.patch(path, b"", 10).status == 409
    assert tus.patch(path, b"x" * 11, 0).status == 413
    for bad in ("md5 " + b64(b"x" * 16), "sha256", "sha256 !", "sha256 " + b64(b"x" * 31), "sha1 " + b64(b"x" * 32), "SHA256 " + b64(b"x" * 32), ""):
        assert tus.patch(path, b"x", 0, Upload_Checksum=bad).status == 400, bad
    assert other.patch(path, b"x", 0).status == 404
    assert tus.offset(path) == 0
    assert tus.patch(path, b"abcd", 0).status == 204
    assert tus.patch(path, b"x", 0).status == 409
    assert tus.patch(path, b"x" * 7, 4).status == 413
    wrong = tus.patch(path, b"efgh", 4, Upload_Checksum=checksum(b"efgH"))
    assert wrong.status == 460 and tus.offset(path) == 4 and tus.file(path).read_bytes() == b"abcd"
    assert tus.patch(path, b"efgh", 4, Upload_Checksum=checksum(b"efgH", "sha1")).status == 460
    good = tus.patch(path, b"efgh", 4, Upload_Checksum=checksum(b"efgh", "sha1"))
    assert (good.status, good["Upload-Offset"], good.body) == (204, "8", b"") and good["Upload-Expires"].endswith("GMT")
    assert tus.patch(path, b"", 8).status == 204
    assert tus.file(path).read_bytes() == b"abcdefgh"


def test_too_long_is_said_before_the_body(tus):
    path = tus.made(10)
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, 1 << 40))
        assert read_answer(sock).status == 413
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, 11, Expect="100-continue"))
        assert read_answer(sock).status == 413  # and no 100 before it
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, 10, Expect="100-continue"))
        assert read_answer(sock).status == 100
        sock.sendall(b"0123456789")
        assert read_answer(sock).status == 204


def test_method_override(tus):
    path = tus.made(6)
    sent = tus.ask("POST", path, b"abc", X_HTTP_Method_Override="PATCH", Content_Type=KIND, Upload_Offset="0")
    assert (sent.status, sent["Upload-Offset"]) == (204, "3")
    assert tus.ask("POST", path, X_HTTP_Method_Override="HEAD")["Upload-Offset"] == "3"
    assert tus.ask("POST", path, X_HTTP_Method_Override="DELETE").status == 204
    assert tus.ask("POST", path, X_HTTP_Method_Override="HEAD").status == 410
    assert tus.ask("POST", UPLOADS, X_HTTP_Method_Override="OPTIONS", Tus_Resumable=None).status == 204
    assert tus.ask("POST", UPLOADS, X_HTTP_Method_Override="PATCH").status == 405


def chunked(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts if p)


def test_chunked_bodies(tus):
    data = noise(3 * MEGA)
    path = tus.made(len(data))
    pieces = [data[i:i + 65521] for i in range(0, 2 * MEGA, 65521)]
    half = sum(map(len, pieces))
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, None, Transfer_Encoding="chunked") + chunked(*pieces) + b"0\r\n\r\n" + tus.head_of("HEAD", path, {}, None))
        buffer = bytearray()
        assert read_answer(sock, buffer=buffer)["Upload-Offset"] == str(half)
        assert read_answer(sock, "HEAD", buffer)["Upload-Offset"] == str(half)  # pipelined behind it
    with tus.connect() as sock:  # beyond the length: nothing of it is kept, and the upload is not complete
        sock.sendall(tus.patch_head(path, half, None, Transfer_Encoding="chunked") + chunked(data[half:], b"x") + b"0\r\n\r\n")
        assert read_answer(sock).status == 413
    assert tus.offset(path) == half
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, half, None, Transfer_Encoding="chunked") + chunked(data[half:half + 9]) + b"zz\r\n")
        assert read_answer(sock).status == 400
    assert tus.offset(path) == half
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, half, None, Transfer_Encoding="chunked", Upload_Checksum=checksum(data[half:])) + chunked(data[half:]) + b"0\r\n\r\n")
        assert read_answer(sock)["Upload-Offset"] == str(len(data))
    assert tus.file(path).read_bytes() == data


def test_a_connection_serves_many_patches(tus):
    data = noise(5000)
    path = tus.made(len(data))
    with tus.connect() as sock:
        buffer = bytearray()
        requests = b"".join(tus.patch_head(path, at, 1000) + data[at:at + 1000] for at in range(0, 5000, 1000))
        sock.sendall(requests)  # all at once
        for at in range(1000, 6000, 1000):
            assert read_answer(sock, buffer=buffer)["Upload-Offset"] == str(at)
    assert tus.file(path).read_bytes() == data


def test_an_empty_file_is_rejected_as_such(tus):
    contribution = tus.contribution()
    path = tus.made(0, contribution)
    assert decided(tus, contribution)["reason"] == "empty_file"
    assert tus.ask("HEAD", path).status == 410


def test_the_hash_is_the_servers(tus):
    data = noise(1000)
    contribution = tus.contribution()
    assert tus.patch(tus.made(len(data), contribution), data, 0).status == 204
    assert decided(tus, contribution)["sha256"] == hashlib.sha256(data).hexdigest()
    contribution = tus.contribution()
    made = tus.create(len(data), contribution, Upload_Metadata=f"contribution {b64(contribution)},sha256 {b64('0' * 64)}")
    assert tus.patch(made["Location"][len(tus.trust.base):], data, 0).status == 204
    assert decided(tus, contribution)["reason"] == "hash_mismatch"


# ---- lives of uploads ----

def test_a_second_upload_ends_the_first(tus):
    contribution = tus.contribution()
    first = tus.made(10, contribution)
    assert tus.patch(first, b"abc", 0).status == 204
    second = tus.made(12, contribution)
    assert tus.ask("HEAD", first).status == 410 and tus.patch(first, b"x", 3).status == 410 and tus.ask("DELETE", first).status == 410
    assert tus.offset(second) == 0
    eventually("the first one's file to go", lambda: not tus.file(first).exists())


def test_a_patch_under_way_meets_the_end_of_its_upload(tus):
    path = tus.made(4 * MEGA)
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, 4 * MEGA) + b"x" * MEGA)
        eventually("bytes on the disk", lambda: tus.file(path).exists() and tus.file(path).stat().st_size > 0)
        assert tus.ask("DELETE", path).status == 204
        sock.sendall(b"x" * 3 * MEGA)
        assert read_answer(sock).status == 410
    eventually("the file to go", lambda: not tus.file(path).exists())


def test_expiry_is_seven_days_after_the_last_byte(tus):
    path = tus.made(10)
    identifier = path.rsplit("/", 1)[1]
    tus.trust.unguarded(f"UPDATE licensing.upload SET expires_at = now() + interval '1 hour' WHERE id = '{identifier}'")
    assert tus.patch(path, b"", 0).status == 204
    assert tus.trust.sql("SELECT expires_at < now() + interval '2 hours' FROM licensing.upload WHERE id = %s", identifier)[0][0]
    assert tus.patch(path, b"a", 0).status == 204
    assert tus.trust.sql("SELECT abs(extract(epoch FROM expires_at - now() - interval '7 days')) < 60 FROM licensing.upload WHERE id = %s", identifier)[0][0]
    tus.trust.unguarded(f"UPDATE licensing.upload SET expires_at = now() - interval '1 second' WHERE id = '{identifier}'")
    assert tus.ask("HEAD", path).status == 410 and tus.patch(path, b"b", 1).status == 410
    eventually("the file to go", lambda: not tus.file(path).exists())


def test_files_go_seven_days_after_the_decision(tus):
    contribution = tus.contribution()
    path = tus.made(100, contribution)
    assert tus.patch(path, noise(100), 0).status == 204
    assert decided(tus, contribution)["state"] == "rejected"
    for answer in (tus.ask("HEAD", path), tus.patch(path, b"", 100), tus.ask("DELETE", path)):
        assert answer.status == 410, answer
    identifier = path.rsplit("/", 1)[1]
    assert tus.trust.sql("SELECT abs(extract(epoch FROM u.file_due_at - c.decided_at - interval '7 days')) < 5 FROM licensing.upload AS u "
                         "JOIN licensing.contribution AS c ON c.id = u.contribution_id WHERE u.id = %s", identifier)[0][0]
    assert tus.file(path).exists()
    tus.trust.unguarded(f"UPDATE licensing.upload SET file_due_at = now() WHERE id = '{identifier}'")
    eventually("the file to go", lambda: not tus.file(path).exists())


def test_delete_cancels_a_validation_under_way(tus):
    line = b"1;SDS011;22;57.1;-2.1;2019-05-06T00:00:00;1.5;0.5\n"
    data = b"sensor_id;sensor_type;location;lat;lon;timestamp;P1;P2\n" + line * (12 * MEGA // len(line))
    contribution = tus.contribution()
    path = tus.made(len(data), contribution)
    assert tus.patch(path, data, 0).status == 204
    eventually("validation to begin", lambda: tus.person.get(f"{LIC}/contributions/{contribution}").json["state"] == "validating")
    assert tus.ask("HEAD", path)["Upload-Offset"] == str(len(data))
    assert tus.patch(path, b"", len(data)).status == 204
    assert tus.ask("DELETE", path).status == 204
    assert tus.ask("HEAD", path).status == 410
    assert tus.person.get(f"{LIC}/contributions/{contribution}").json["state"] == "awaiting_upload"
    small = data[:len(data) // 1000 // len(line) * len(line) + 55]
    assert tus.patch(tus.made(len(small), contribution), small, 0).status == 204
    assert decided(tus, contribution)["sha256"] == hashlib.sha256(small).hexdigest()


def test_a_file_that_was_cut_by_hand_ends_its_upload(tus):
    path = tus.made(10)
    assert tus.patch(path, b"abcdef", 0).status == 204
    os.truncate(tus.file(path), 3)
    assert tus.patch(path, b"ghij", 6).status == 410
    assert tus.ask("HEAD", path).status == 410


def test_what_cannot_be_stored_is_said(tus, tmp_path):
    path = tus.made(10)
    tus.file(path).mkdir()
    assert tus.patch(path, b"abc", 0).status == 503
    tus.file(path).rmdir()
    (tmp_path / "victim").write_bytes(b"theirs")
    tus.file(path).symlink_to(tmp_path / "victim")
    assert tus.patch(path, b"abc", 0).status == 503 and (tmp_path / "victim").read_bytes() == b"theirs"
    tus.file(path).unlink()
    assert tus.patch(path, b"abc", 0).status == 204
    assert "an upload's chunk was not stored" in tus.trust.log_text()


# ---- one writer ----

def test_a_second_patch_is_423_and_a_dead_connection_locks_nothing(tus):
    data = noise(2 * MEGA)
    path = tus.made(len(data))
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, len(data)) + data[:MEGA])
        eventually("bytes on the disk", lambda: tus.file(path).exists() and tus.file(path).stat().st_size >= MEGA // 2)
        for offset in (0, 5):
            assert tus.patch(path, b"x", offset).status == 423
        assert 0 <= tus.offset(path) <= MEGA
        sock.sendall(data[MEGA:MEGA + 1000])
    assert tus.offset(path) == MEGA + 1000  # at once
    assert tus.patch(path, data[MEGA + 1000:], MEGA + 1000).status == 204
    assert tus.file(path).read_bytes() == data


def test_a_sender_that_pauses_loses_the_lock_but_not_its_bytes(tus):
    """The connection of a client whose line went dead stays open here: nobody says that it ended."""
    data = noise(300000)
    path = tus.made(len(data))
    stuck, patient = tus.connect(), tus.connect()
    stuck.sendall(tus.patch_head(path, 0, len(data)) + data[:100000])
    offset = eventually("the pause to be noticed", lambda: tus.offset(path) == 100000 and 100000)
    answer = eventually("the lock to be free", lambda: (a if (a := tus.patch(path, data[offset:200000], offset)).status == 204 else None))
    assert answer["Upload-Offset"] == "200000"
    stuck.sendall(b"!" * (len(data) - 100000))
    assert read_answer(stuck).status == 423
    patient.sendall(tus.patch_head(path, 200000, 100000, Upload_Checksum=checksum(data[200000:])) + data[200000:250000])
    eventually("the second pause", lambda: "F" in lock_states(tus, path))
    patient.sendall(data[250000:])
    assert read_answer(patient).status == 204
    assert tus.file(path).read_bytes() == data
    stuck.close(), patient.close()


def lock_states(tus, path):
    """'L' when the file of an upload is locked, 'F' when it is free, by the kernel's list."""
    inode = tus.file(path).stat().st_ino
    with open("/proc/locks") as locks:
        return "L" if any(f":{inode} " in line for line in locks) else "F"


def race(tus, rounds):
    tally = {204: 0, 409: 0, 423: 0}
    for number in range(rounds):
        if number % 100 == 99:
            tus.renew()
        size = 1 + random.Random(SEED + number).randrange(200000)
        bodies = [noise(size, number * 2), noise(size, number * 2 + 1)]
        path, seen = tus.made(size + 1), [None, None]
        gate = threading.Barrier(2)

        def send(which):
            gate.wait()
            seen[which] = tus.patch(path, bodies[which], 0).status
        threads = [threading.Thread(target=send, args=(i,)) for i in range(2)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert sorted(seen) in ([204, 409], [204, 423]), (number, seen)
        assert tus.offset(path) == size
        assert tus.file(path).read_bytes() == bodies[seen.index(204)], number
        for status in seen:
            tally[status] += 1
        assert tus.ask("DELETE", path).status == 204
    print(f"seed {SEED}, {rounds} rounds: {tally}")


def test_two_patches_at_once(tus):
    """Many rounds: one wins, the other is told so, and the file is the winner's."""
    race(tus, ROUNDS)


def test_two_patches_at_once_at_two_processes(stack):
    """The same where the two connections may reach different processes, and a HEAD a third time another."""
    trust = stack.trust(settings={"common": {"processes": "2"}})
    try:
        open_pool(trust)
        tus = Tus(trust, "ada")
        race(tus, ROUNDS // 2)
        data = noise(100_000)
        path, at = tus.made(len(data)), 0
        for until in range(5000, len(data), 5000):
            tus.torn(path, at, len(data) - at, data[at:until])
            at = eventually("what came to be kept", lambda: until if tus.offset(path) == until and lock_states(tus, path) == "F" else None)
        assert tus.resume(path, data) and tus.file(path).read_bytes() == data
    finally:
        stack.release(trust)


# ---- torn ----

def test_torn_at_every_percent_without_checksum(tus):
    data = noise(200 * 1024 + 37)
    contribution = tus.contribution()
    path = tus.made(len(data), contribution)
    at = 0
    for percent in range(1, 100):
        until = len(data) * percent // 100
        tus.torn(path, at, len(data) - at, data[at:until], "reset" if percent % 3 == 0 else "close")
        offset = tus.offset(path)
        if percent % 3:
            assert offset == until, percent  # what came is kept
        assert at <= offset <= until and tus.file(path).stat().st_size >= offset
        at = eventually("the broken request to end", lambda: lock_states(tus, path) == "F") and tus.offset(path)
    assert tus.resume(path, data)
    assert decided(tus, contribution)["sha256"] == hashlib.sha256(data).hexdigest()


def test_torn_at_every_percent_with_checksum(tus):
    data = noise(200 * 1024 + 37, SEED + 1)
    contribution = tus.contribution()
    path = tus.made(len(data), contribution)
    for percent in range(1, 100):
        at, until = len(data) * (percent - 1) // 100, len(data) * percent // 100
        rest = data[at:]
        tus.torn(path, at, len(rest), rest[:until - at], "reset" if percent % 3 == 0 else "close", Upload_Checksum=checksum(rest))
        assert tus.offset(path) == at  # nothing of it
        eventually("the broken request to end", lambda: lock_states(tus, path) == "F")
        assert tus.patch(path, data[at:until], at, Upload_Checksum=checksum(data[at:until])).status == 204
    at = len(data) * 99 // 100
    assert tus.patch(path, data[at:], at, Upload_Checksum=checksum(data[at:])).status == 204
    assert decided(tus, contribution)["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_client_that_half_closes_is_told(tus):
    path = tus.made(100)
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, 100) + b"x" * 60)
        sock.shutdown(socket.SHUT_WR)
        assert read_answer(sock).status == 400
    assert tus.offset(path) == 60


# ---- killed ----

def test_kill_nine_in_mid_patch(stack):
    trust = stack.trust()
    try:
        open_pool(trust)
        tus = Tus(trust, "ada")
        data = noise(160 * MEGA)
        contribution = tus.contribution()
        path, kept = tus.made(len(data), contribution), 0
        chance = random.Random(SEED)
        for number in range(6):
            at = tus.offset(path)
            assert at >= kept and (tus.file(path).stat().st_size if tus.file(path).exists() else 0) >= at
            assert not at or hashlib.sha256(tus.file(path).read_bytes()[:at]).digest() == hashlib.sha256(data[:at]).digest()
            kept = at
            rest = data[at:]
            part = rest[:chance.randrange(36 * MEGA, 48 * MEGA) if number % 3 == 0 else chance.randrange(15 * MEGA)]
            more = {"Upload_Checksum": checksum(rest)} if number % 3 == 2 else {}
            with tus.connect() as sock:
                sock.sendall(tus.patch_head(path, at, len(rest), **more))
                sent = 0
                while sent < len(part):
                    sent += sock.send(part[sent:sent + 65536])
                if number % 3 == 0:
                    eventually("an offset on the way", lambda: received(trust, path) > at)
                kill_hard(trust)
            trust.start()
        at = tus.offset(path)
        print(f"seed {SEED}: {at} of {len(data)} bytes kept through six kills")
        assert at >= 2 * 32 * MEGA
        assert tus.patch(path, data[at:], at).status == 204  # no lease of a dead process
        assert decided(tus, contribution)["sha256"] == hashlib.sha256(data).hexdigest()
    finally:
        stack.release(trust)


def received(trust, path):
    return trust.sql("SELECT received FROM licensing.upload WHERE id = %s", path.rsplit("/", 1)[1])[0][0]


def is_free(port):
    """A helper thread in the middle of a sync outlives its process for a moment, and with it the listening socket."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def kill_hard(trust):
    """kill -9 of every process of the daemon, children first so that none is started anew."""
    parent = trust.daemon.process.pid
    os.kill(parent, signal.SIGSTOP)
    with open(f"/proc/{parent}/task/{parent}/children") as children:
        pids = [int(pid) for pid in children.read().split()]
    for pid in [*pids, parent]:
        os.kill(pid, signal.SIGKILL)
    trust.daemon.process.wait(DEADLINE)
    eventually("the port to be free", lambda: is_free(trust.port))
    trust.daemon.output.close()
    trust.daemon = None


def test_a_stop_keeps_what_came(stack):
    trust = stack.trust(settings={"common": {"drain_seconds": "4"}})
    try:
        open_pool(trust)
        tus = Tus(trust, "ada")
        data = noise(3 * MEGA)
        path = tus.made(len(data))
        with tus.connect() as sock:
            sock.sendall(tus.patch_head(path, 0, len(data)) + data[:MEGA])
            eventually("bytes on the disk", lambda: tus.file(path).exists() and tus.file(path).stat().st_size >= MEGA // 2)
            daemon = trust.daemon
            daemon.process.send_signal(signal.SIGTERM)
            assert read_answer(sock).status == 503
        assert daemon.process.wait(DEADLINE) == 0
        trust.stop()
        trust.start()
        assert tus.offset(path) == MEGA
        assert tus.patch(path, data[MEGA:], MEGA).status == 204
        assert tus.file(path).read_bytes() == data
    finally:
        stack.release(trust)


# ---- cost ----

def http_process(trust):
    """The pid that listens: the child that has the port's socket and is no worker."""
    parent = trust.daemon.process.pid
    with open(f"/proc/{parent}/task/{parent}/children") as children:
        pids = [int(pid) for pid in children.read().split()]
    wanted = f":{trust.port:04X} "
    with open("/proc/net/tcp") as table:
        inodes = {line.split()[9] for line in table if wanted in line and line.split()[3] == "0A"}
    for pid in pids:
        for link in os.listdir(f"/proc/{pid}/fd"):
            try:
                if os.readlink(f"/proc/{pid}/fd/{link}")[8:-1] in inodes:
                    return pid
            except OSError:
                pass
    raise AssertionError("nobody listens")


def resident(pid, what="VmRSS"):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(what))


def test_memory_stays_flat_under_a_large_body(tus):
    size, piece = 512 * MEGA, bytes(MEGA)
    path = tus.made(size + 1)
    pid = http_process(tus.trust)
    before, most = resident(pid), 0
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, size))
        for number in range(size // MEGA):
            sock.sendall(piece)
            if number % 16 == 0:
                most = max(most, resident(pid))
        assert read_answer(sock)["Upload-Offset"] == str(size)
    most = max(most, resident(pid))
    print(f"resident: {before >> 10} KiB before, at most {most >> 10} KiB during {size // MEGA} MiB")
    assert SANITIZED or most - before < 6 * MEGA  # freed memory stays with the sanitizer
    assert tus.ask("DELETE", path).status == 204


def test_slow_senders_hold_up_nobody(tus):
    """Thirty PATCHes that trickle, and in between everybody else: more of them than helper threads and their queue."""
    paths = [tus.made(100000) for _ in range(30)]
    socks = []
    for path in paths:
        sock = tus.connect()
        sock.sendall(tus.patch_head(path, 0, 100000) + b"x" * 1000)
        socks.append(sock)
    waits = []
    for number in range(20):
        for sock in socks:
            sock.sendall(b"y" * 500)
        began = time.monotonic()
        assert tus.trust.public.get("/readyz").status == 200
        path = tus.made(50000)
        assert tus.patch(path, noise(50000), 0).status == 204
        waits.append(time.monotonic() - began)
    print(f"slowest of {len(waits)} uploads beside: {max(waits):.3f} s")
    assert max(waits) < 5
    for sock in socks:
        sock.sendall(b"z" * (100000 - 1000 - 20 * 500))
    for sock, path in zip(socks, paths):
        assert read_answer(sock)["Upload-Offset"] == "100000"
        sock.close()


def test_a_sender_that_is_too_slow_is_told_and_keeps_its_bytes(stack):
    trust = stack.trust(settings={"common": {"body_seconds": "2"}})
    try:
        open_pool(trust)
        tus = Tus(trust, "ada")
        path = tus.made(1000)
        with tus.connect() as sock:
            sock.sendall(tus.patch_head(path, 0, 1000) + b"x" * 10)
            assert read_answer(sock).status == 408
        assert tus.offset(path) == 10
    finally:
        stack.release(trust)
