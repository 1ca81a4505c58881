# SPDX-License-Identifier: AGPL-3.0-or-later
"""The HTTP layer and the skeleton of the daemon, over real sockets, with a toy role and no database (toyd.c).

TOYD names the daemon (default: $BUILD/api/toyd, built when it is not up to date). Every wait has a deadline; every test would fail without what it tests."""
import base64
import gzip
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest

from stack import free_port

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", "build")
TOYD = os.path.abspath(os.environ.get("TOYD") or os.path.join(ROOT, BUILD, "api", "toyd"))
SLOW = 5 if "asan" in TOYD or "tsan" in TOYD else 1
DEADLINE = 10 * SLOW


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("no " + what)


RUNNING = []


@pytest.fixture(scope="module", autouse=True)
def built_and_cleaned_up():
    if "TOYD" not in os.environ:
        subprocess.run(["make", "-s", f"BUILD={BUILD}", f"VARIANT={os.environ.get('VARIANT', 'release')}", f"{BUILD}/api/toyd"],
                       cwd=ROOT, check=True)
    yield
    for process in RUNNING:  # of tests that failed
        if process.poll() is None:
            process.kill()
            process.wait()


class Daemon:
    def __init__(self, tmp_path, arguments=(), environment=None, wait=True, **common):
        self.port = free_port()
        settings = {"listen": f"127.0.0.1:{self.port}", "database": "", **common}
        toy = settings.pop("toy", {})
        path = tmp_path / "toy.ini"
        path.write_text("[common]\n" + "".join(f"{k} = {v}\n" for k, v in settings.items())
                        + "[toy]\n" + "".join(f"{k} = {v}\n" for k, v in toy.items()))
        self.log_path = tmp_path / "log"
        self.process = subprocess.Popen([TOYD, "--config", str(path), *arguments], stderr=open(self.log_path, "wb"),
                                        env={**os.environ, **(environment or {})})
        RUNNING.append(self.process)
        if wait:
            wait_for(lambda: self.log().count("msg=ready") >= int(common.get("processes", 1)), "ready line")

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self, expected=0):
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(DEADLINE)
        assert "Sanitizer" not in self.log(), self.log()
        if expected is not None:
            assert code == expected, self.log()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)

    def raw(self, data):
        with self.connect() as sock:
            sock.sendall(data)
            return read_answer(sock)

    def ask(self, method, path, body=b"", **headers):
        return self.raw(request(method, path, body, **headers))


def request(method, path, body=b"", **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: toy"]
    if body and "content_length" not in headers and "transfer_encoding" not in headers:
        headers["content_length"] = len(body)
    lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def read_answer(sock, head_only=False, buffer=None):
    buffer = bytearray() if buffer is None else buffer

    def more():
        data = sock.recv(65536)
        if not data:
            raise AssertionError(f"connection ended without a word behind {bytes(buffer)!r}")
        buffer.extend(data)

    while b"\r\n\r\n" not in buffer:
        more()
    end = buffer.index(b"\r\n\r\n")
    lines = bytes(buffer[:end]).decode().split("\r\n")
    del buffer[:end + 4]
    status = int(lines[0].split()[1])
    headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
    body = b""
    if status == 100:
        return Answer(status, headers, body)
    if headers.get("transfer-encoding") == "chunked" and not head_only:
        while True:
            while b"\r\n" not in buffer:
                more()
            at = buffer.index(b"\r\n")
            size = int(bytes(buffer[:at]), 16)
            while len(buffer) < at + 4 + size:
                more()
            body += bytes(buffer[at + 2:at + 2 + size])
            del buffer[:at + 4 + size]
            if size == 0:
                break
    elif not head_only:
        size = int(headers.get("content-length", 0))
        while len(buffer) < size:
            more()
        body = bytes(buffer[:size])
        del buffer[:size]
    return Answer(status, headers, body)


def assert_problem(answer, status, slug):
    assert (answer.status, answer.headers.get("x-commonhold-outcome")) == (status, slug), answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "/problems/" + slug and body["status"] == status and body["title"]
    return body


@pytest.fixture(scope="module")
def daemon(tmp_path_factory, built_and_cleaned_up):
    daemon = Daemon(tmp_path_factory.mktemp("toyd"), requests_per_client=20, helper_queue=100,
                    head_seconds=1, body_seconds=1, toy={"seed": SEED.hex()})
    yield daemon
    daemon.stop()


# ---- answers ----

def test_json_answer_and_its_headers(daemon):
    answer = daemon.ask("GET", "/toy/v1/hello")
    assert answer.status == 200 and answer.json() == {"hello": "world"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-commonhold-outcome"] == "ok"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-request-id"])
    assert "access-control-allow-origin" not in answer.headers


def test_no_route(daemon):
    for path in ("/", "/toy/v1/nothing", "/toy/v1/hello/", "/toy/v1//hello", "/toy/v1/x/../hello", "/toy/v1/%2e%2e/hello"):
        assert_problem(daemon.ask("GET", path), 404, "no_route")


def test_bad_escape(daemon):
    assert_problem(daemon.ask("GET", "/toy/v1/items/%zz"), 400, "bad_request")
    assert_problem(daemon.ask("GET", "/toy/v1/items/%00"), 400, "bad_request")
    assert_problem(daemon.ask("GET", "/toy/v1/items/1?q=%f"), 400, "bad_request")


def test_other_method(daemon):
    answer = daemon.ask("PATCH", "/toy/v1/items/1")
    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
    assert_problem(daemon.ask("BREW", "/toy/v1/items/1"), 405, "method_not_allowed")


def test_options(daemon):
    answer = daemon.ask("OPTIONS", "/toy/v1/items")
    assert answer.status == 204 and answer.headers["allow"] == "POST, OPTIONS"


def test_head(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("HEAD", "/toy/v1/hello"))
        answer = read_answer(sock, head_only=True)
        assert answer.status == 200 and answer.headers["content-length"] == "17"
        sock.sendall(request("GET", "/toy/v1/hello"))
        assert read_answer(sock).status == 200


def test_head_of_a_stream(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("HEAD", "/toy/v1/stream?lines=5"))
        assert read_answer(sock, head_only=True).status == 200
        sock.sendall(request("GET", "/toy/v1/hello"))
        assert read_answer(sock).status == 200


def test_accept(daemon):
    for accept in ("application/json", "*/*", "application/*;q=0.1", "text/html, */*;q=0.5", "APPLICATION/JSON"):
        assert daemon.ask("GET", "/toy/v1/hello", accept=accept).status == 200
    for accept in ("text/html", "application/json;q=0", "text/*", "application/jsonx"):
        assert "application/json" in assert_problem(daemon.ask("GET", "/toy/v1/hello", accept=accept), 406,
                                                    "not_acceptable")["detail"]


def test_path_and_query(daemon):
    answer = daemon.ask("GET", "/toy/v1/items/a%2Fb%20%C3%A9?q=1+%26+2&r=3")
    assert answer.json() == {"id": "a/b \u00e9", "q": "1 & 2", "version": 7}
    assert daemon.ask("GET", "/toy/v1/files/a/b/c").status == 200


def test_absolute_form_and_http10(daemon):
    assert daemon.raw(b"GET http://toy/toy/v1/hello HTTP/1.1\r\nHost: toy\r\n\r\n").status == 200
    answer = daemon.raw(b"GET /toy/v1/hello HTTP/1.0\r\n\r\n")
    assert answer.status == 200 and answer.headers["connection"] == "close"


def test_unknown_slug_is_internal(daemon):
    assert_problem(daemon.ask("GET", "/toy/v1/unknown"), 500, "internal")


def test_no_database_is_unavailable(daemon):
    answer = daemon.ask("GET", "/toy/v1/database")
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_request_id(daemon):
    assert daemon.ask("GET", "/toy/v1/hello", x_request_id="abc-1.2:3").headers["x-request-id"] == "abc-1.2:3"
    for bad in ("a b", "x" * 65, 'a"b', "a=b"):
        assert len(daemon.ask("GET", "/toy/v1/hello", x_request_id=bad).headers["x-request-id"]) == 36


def test_idempotency_key(daemon):
    assert daemon.ask("GET", "/toy/v1/hello", idempotency_key="x" * 128).status == 200
    for bad in ("x" * 129, "k\u00e9y", ""):
        assert_problem(daemon.ask("GET", "/toy/v1/hello", idempotency_key=bad), 400, "bad_request")


def test_etag(daemon):
    assert daemon.ask("GET", "/toy/v1/items/1").headers["etag"] == '"v7"'
    for known in ('"v7"', 'W/"v7"', '"v1", "v7"', "*"):
        answer = daemon.ask("GET", "/toy/v1/items/1", if_none_match=known)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", '"v7"')
        assert "content-length" not in answer.headers
    assert daemon.ask("GET", "/toy/v1/items/1", if_none_match='"v8"').status == 200
    assert_problem(daemon.ask("PUT", "/toy/v1/items/1"), 428, "precondition_required")
    for same in ('"v7"', '"7"'):
        assert daemon.ask("PUT", "/toy/v1/items/1", if_match=same).status == 200
    for other in ('"v6"', '"x"', 'v7', '7', '"v7', 'v7"', '"v"', '""', 'W/"v7"', '"v7", "v8"', '"vv7"', '"-7"', '"v1234567890"'):
        assert_problem(daemon.ask("PUT", "/toy/v1/items/1", if_match=other), 409, "stale")
    assert_problem(daemon.ask("PUT", "/toy/v1/items/1", if_match="*"), 428, "precondition_required")
    assert_problem(daemon.ask("PUT", "/toy/v1/items/1"), 428, "precondition_required")


def test_no_content(daemon):
    answer = daemon.ask("DELETE", "/toy/v1/items/1")
    assert answer.status == 204 and "content-length" not in answer.headers and answer.body == b""


# ---- limits ----

def test_too_large_is_said_before_the_body(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("POST", "/toy/v1/small", content_type="application/octet-stream", content_length=101))
        answer = read_answer(sock)
        assert "100" in assert_problem(answer, 413, "too_large")["detail"]
        assert answer.headers["connection"] == "close"


def test_too_large_reaches_a_client_that_keeps_sending(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("POST", "/toy/v1/small", content_type="application/octet-stream", content_length=3000000))
        for _ in range(30):
            sock.sendall(b"x" * 100000)
        assert_problem(read_answer(sock), 413, "too_large")
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""


def chunks(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def post_chunked(daemon, path, body):
    return daemon.ask("POST", path, body, content_type="application/octet-stream", transfer_encoding="chunked")


def test_chunked_body(daemon):
    assert post_chunked(daemon, "/toy/v1/small", chunks(b"abc", b"d" * 97)).body == b"abc" + b"d" * 97
    assert post_chunked(daemon, "/toy/v1/small", b"3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n").body == b"abc"
    assert_problem(post_chunked(daemon, "/toy/v1/small", chunks(b"d" * 60, b"d" * 41)), 413, "too_large")
    assert_problem(post_chunked(daemon, "/toy/v1/small", b"ffffffff\r\n"), 413, "too_large")
    for bad in (b"x\r\n", b"-1\r\n", b"3\r\nabcd\r\n", b"3\nabc\n", b"fffffffffffffffff\r\n", b"\r\n"):
        assert_problem(post_chunked(daemon, "/toy/v1/small", bad), 400, "bad_request")


def test_chunked_body_byte_by_byte(daemon):
    with daemon.connect() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request("POST", "/toy/v1/small", chunks(b"abc", b"de"), content_type="application/octet-stream",
                            transfer_encoding="chunked"):
            sock.sendall(bytes([byte]))
        assert read_answer(sock).body == b"abcde"


def test_large_body_comes_back_whole(daemon):
    body = hashlib.shake_256(b"seed 1").digest(8 * 1024 * 1024)
    assert daemon.ask("POST", "/toy/v1/bytes", body, content_type="application/octet-stream").body == body


def test_uri_and_headers_too_long(daemon):
    assert_problem(daemon.ask("GET", "/toy/v1/hello?q=" + "x" * 8200), 414, "uri_too_long")
    assert_problem(daemon.ask("GET", "/toy/v1/hello?q=" + "x" * 100000), 414, "uri_too_long")
    assert_problem(daemon.ask("GET", "/toy/v1/hello", x_long="x" * 17000), 431, "headers_too_large")
    assert_problem(daemon.ask("GET", "/toy/v1/hello", x_long="x" * 200000), 431, "headers_too_large")
    assert_problem(daemon.ask("GET", "/toy/v1/hello", **{f"x{i}": "y" for i in range(120)}), 431, "headers_too_large")
    assert_problem(daemon.ask("GET", "/toy/v1/hello?" + "&".join("a=b" for _ in range(101))), 400, "bad_request")


@pytest.mark.parametrize("head", [
    b"GET /toy/v1/hello\r\n\r\n", b"GET  /toy/v1/hello HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01 x y\r\n\r\n",
    b"GET /toy/v1/hello HTTP/2.0\r\nHost: a\r\n\r\n", b"GET toy HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /toy/v1/hello HTTP/1.1\r\n\r\n", b"GET /toy/v1/hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET /toy/v1/hello HTTP/1.1\r\nHost : a\r\n\r\n", b"GET /toy/v1/hello HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    b"GET /toy/v1/hello HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n", b"GET /toy/v1/hello HTTP/1.1\nHost: a\r\n\r\n",
    b"GET /toy/v1/hello HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    b"POST /toy/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST /toy/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
    b"POST /toy/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n",
    b"POST /toy/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n",
    b"POST /toy/v1/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"POST /toy/v1/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
])
def test_malformed_heads(daemon, head):
    answer = daemon.raw(head)
    assert_problem(answer, 400, "bad_request")
    assert answer.headers["connection"] == "close"


def test_slow_heads_and_bodies_time_out_with_a_word(daemon):
    for data in (b"GET /toy", request("POST", "/toy/v1/small", b"x", content_type="application/octet-stream",
                                      content_length=10)):
        with daemon.connect() as sock:
            sock.sendall(data)
            assert_problem(read_answer(sock), 408, "request_timeout")


def test_body_cut_short(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("POST", "/toy/v1/small", b"x", content_type="application/octet-stream", content_length=10))
        sock.shutdown(socket.SHUT_WR)
        assert_problem(read_answer(sock), 400, "bad_request")


def test_content_type(daemon):
    for bad in ({"content_type": "text/plain"}, {}, {"content_type": "application/jsonx"}):
        answer = daemon.ask("POST", "/toy/v1/items", b"{}", **bad)
        assert "application/json" in assert_problem(answer, 415, "unsupported_type")["detail"]
    body = b'{"name":"a","size":1}'
    assert daemon.ask("POST", "/toy/v1/items", body, content_type="Application/JSON; charset=utf-8").status == 201


@pytest.mark.parametrize("path, kind, body", [("/toy/v1/items", "application/json", b'{"name":"a","size":1}'),
                                              ("/toy/v1/small", "application/octet-stream", b"abc")])
def test_a_body_with_a_content_coding_is_not_taken_for_what_it_holds(daemon, path, kind, body):
    for coding, sent in (("gzip", gzip.compress(body)), ("identity, gzip", body), ("br", body)):
        answer = daemon.ask("POST", path, sent, content_type=kind, content_encoding=coding)
        assert "Content-Encoding" in assert_problem(answer, 415, "unsupported_type")["detail"]
        assert answer.headers["accept-encoding"] == "identity"
    for coding in ("identity", "Identity", ""):
        assert daemon.ask("POST", path, body, content_type=kind, content_encoding=coding).status in (200, 201)
    assert daemon.ask("GET", "/toy/v1/hello", content_encoding="gzip").status == 200


def test_a_name_twice_in_the_query(daemon):
    for query in ("q=1&q=2", "q=1&r=2&%71=1", "q&q"):
        assert "q twice" in assert_problem(daemon.ask("GET", f"/toy/v1/items/1?{query}"), 400, "bad_request")["detail"]
    assert daemon.ask("GET", "/toy/v1/items/1?q=1&Q=2").status == 200


def test_refusal_with_body_keeps_the_connection(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("POST", "/toy/v1/nothing", b"x" * 100) + request("GET", "/toy/v1/hello"))
        buffer = bytearray()
        assert read_answer(sock, buffer=buffer).status == 404
        assert read_answer(sock, buffer=buffer).status == 200


def test_expect_continue(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("POST", "/toy/v1/small", content_type="application/octet-stream", content_length=3,
                             expect="100-continue"))
        assert read_answer(sock).status == 100
        sock.sendall(b"abc")
        assert read_answer(sock).body == b"abc"
    with daemon.connect() as sock:
        sock.sendall(request("POST", "/toy/v1/small", content_type="application/octet-stream", content_length=101,
                             expect="100-continue"))
        assert read_answer(sock).status == 413


def test_requests_per_client(daemon):
    socks = [daemon.connect() for _ in range(24)]
    for sock in socks:
        sock.sendall(request("GET", "/toy/v1/slow?ms=500"))
    answers = [read_answer(sock) for sock in socks]
    refused = [answer for answer in answers if answer.status == 429]
    assert 4 <= len(refused) < 24 and all(answer.status in (200, 429) for answer in answers)
    assert int(assert_problem(refused[0], 429, "too_many_requests") and refused[0].headers["retry-after"]) > 0
    for sock in socks:
        sock.close()
    assert daemon.ask("GET", "/toy/v1/hello").status == 200


def test_offload_queue_is_bounded_and_the_loop_stays_free(tmp_path):
    daemon = Daemon(tmp_path, helper_threads=1, helper_queue=2)
    socks = [daemon.connect() for _ in range(6)]
    for sock in socks:
        sock.sendall(request("POST", "/toy/v1/burn"))
    began = time.monotonic()
    assert daemon.ask("GET", "/toy/v1/hello").status == 200
    assert time.monotonic() - began < 0.15 * SLOW
    statuses = sorted(read_answer(sock).status for sock in socks)
    assert statuses == [200, 200, 200, 429, 429, 429]
    for sock in socks:
        sock.close()
    daemon.stop()


# ---- bodies ----

def post(daemon, text):
    return daemon.ask("POST", "/toy/v1/items", text if isinstance(text, bytes) else text.encode(),
                      content_type="application/json")


def test_every_bad_field_is_named(daemon):
    body = {"name": "", "size": 101, "open": 1, "colour": "blue", "owner": "X", "day": "2026-02-30",
            "at": "2026-01-01T24:00:00Z", "price": {"minor": 1}, "tags": ["a", 1], "extra": [], "a/b~c": 1}
    answer = post(daemon, json.dumps(body))
    pointers = [error["pointer"] for error in assert_problem(answer, 422, "invalid")["errors"]]
    assert pointers == ["/name", "/size", "/open", "/colour", "/owner", "/day", "/at", "/price", "/tags", "/extra",
                        "/a~1b~0c"]
    missing = assert_problem(post(daemon, "{}"), 422, "invalid")["errors"]
    assert [error["pointer"] for error in missing] == ["/name", "/size"]


def test_good_fields(daemon):
    body = {"name": "\u00e9" * 20, "size": 100, "open": True, "colour": "green",
            "owner": "01890a5d-ac96-774b-bcce-b302099a8057", "day": "2024-02-29", "at": "2026-12-31T23:59:59Z",
            "price": {"minor": 1, "currency": "EUR"}, "tags": ["a", "b", "c"], "extra": {"x": 1}}
    answer = post(daemon, json.dumps(body))
    assert answer.status == 201, answer.body
    assert answer.json() == body
    assert answer.body == json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert_problem(post(daemon, json.dumps({**body, "name": "x" * 21})), 422, "invalid")
    assert_problem(post(daemon, json.dumps({**body, "name": "a\u0007"})), 422, "invalid")
    assert_problem(post(daemon, json.dumps({**body, "tags": list("abcd")})), 422, "invalid")
    assert_problem(post(daemon, json.dumps({**body, "name": None})), 422, "invalid")


@pytest.mark.parametrize("text, place", [
    ('{"name":"a",\n"name":"b"}', "/name"), ("{", ""), ("[]", ""), ("", ""), ('{"size":1.5}', "/size"), (b'{"name":"\xff"}', ""),
    ('{"a":' * 20 + "1" + "}" * 20, ""), ('{"name":"a"} x', ""),
])
def test_bad_json_names_the_place(daemon, text, place):
    problem = assert_problem(post(daemon, text), 400, "not_json")
    assert problem["detail"]
    if place:
        assert problem["pointer"] == place


def test_json_over_the_limit(daemon):
    assert_problem(post(daemon, '{"name":"' + "x" * 1048576 + '"}'), 413, "too_large")
    assert_problem(post(daemon, '{"name":"' + "x" * 300000 + '"}'), 400, "not_json")


# ---- connections ----

def test_pipelined_requests_are_answered_in_order(daemon):
    with daemon.connect() as sock:
        sock.sendall(b"".join(request("GET", f"/toy/v1/items/{i}") for i in range(500)))
        buffer = bytearray()
        assert [read_answer(sock, buffer=buffer).json()["id"] for _ in range(500)] == [str(i) for i in range(500)]


def test_half_closed_client_gets_its_answer(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("GET", "/toy/v1/slow?ms=200"))
        sock.shutdown(socket.SHUT_WR)
        assert read_answer(sock).json() == {"waited": True}


def test_client_that_leaves_does_no_harm(daemon):
    for _ in range(15):
        sock = daemon.connect()
        sock.sendall(request("GET", "/toy/v1/slow?ms=50"))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        sock.close()
    assert daemon.ask("GET", "/toy/v1/slow?ms=100").status == 200


def test_log_lines_tell_no_secrets(daemon):
    daemon.ask("POST", "/toy/v1/items?secret=s3cret", b'{"name":"s3cret"}', content_type="application/json",
               authorization="Bearer s3cret", x_request_id="logged-1")
    line = wait_for(lambda: next((l for l in daemon.log().splitlines() if "request=logged-1" in l), None), "log line")
    assert "s3cret" not in daemon.log()
    assert "method=POST route=/toy/v1/items status=422" in line and re.search(r" ms=\d+\.\d{3}", line)


# ---- streams ----

def test_stream_chunked_and_gzip(daemon):
    lines = 20000
    answer = daemon.ask("GET", f"/toy/v1/stream?lines={lines}")
    assert answer.body.count(b"\n") == lines and answer.headers["vary"] == "Accept-Encoding"
    packed = daemon.ask("GET", f"/toy/v1/stream?lines={lines}", accept_encoding="br, gzip;q=0.5")
    assert packed.headers["content-encoding"] == "gzip" and gzip.decompress(packed.body) == answer.body
    assert len(packed.body) < len(answer.body) / 5
    refused = daemon.ask("GET", "/toy/v1/stream?lines=1", accept_encoding="gzip;q=0")
    assert "content-encoding" not in refused.headers


def memory_of(daemon):
    pid, total = daemon.process.pid, 0
    for pid in open(f"/proc/{pid}/task/{pid}/children").read().split():
        with open(f"/proc/{pid}/status") as status:
            total += int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
    return total


def test_stream_with_slow_reader_stays_small(daemon):
    before = memory_of(daemon)
    with daemon.connect() as sock:
        sock.sendall(request("GET", "/toy/v1/stream?lines=5000000"))
        received = 0
        while received < 200000:
            received += len(sock.recv(1000))
        assert daemon.ask("GET", "/toy/v1/hello").status == 200
        time.sleep(0.2)
        assert memory_of(daemon) - before < 8192 * SLOW, "a stalled reader's bytes pile up"
    wait_for(lambda: "toyd: stream gone" in daemon.log(), "gone call")
    assert daemon.ask("GET", "/toy/v1/hello").status == 200


# ---- tokens ----

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
BASE = (15112221349535400772501151409588531511454012693041857206046113283949847762202,
        46316835694926478169428394003475163141307993866256225615783033603165251855960)


def point_add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1] % P
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + t, P - 2, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, P - 2, P) % P)


def point_times(n, point):
    result = (0, 1)
    while n:
        if n & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        n >>= 1
    return result


def encode_point(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def ed25519(seed, message):
    """RFC 8032, 5.1.6: slow and plain, so that the tokens of these tests share no code with the daemon."""
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    order = 2**252 + 27742317777372353535851937790883648493
    public = encode_point(point_times(a, BASE))
    r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % order
    big_r = encode_point(point_times(r, BASE))
    k = int.from_bytes(hashlib.sha512(big_r + public + message).digest(), "little")
    return public, big_r + ((r + k * a) % order).to_bytes(32, "little")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


SEED = hashlib.sha256(b"test seed").digest()
MEMBER = "01890a5d-ac96-774b-bcce-b302099a8057"
ORG = "01890a5d-ac96-774b-bcce-b302099a8058"


def token(claims, typ="JWT", seed=SEED):
    if typ == "at+jwt":
        seed = bytes([seed[0] ^ 1]) + seed[1:]
    public, _ = ed25519(seed, b"")
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % b64(public)
    kid = b64(hashlib.sha256(jwk.encode()).digest())
    now = int(time.time())
    whole = {"iss": "http://127.0.0.1:8080", "aud": "commonhold", "iat": now, "exp": now + 300, **claims}
    signed = b64(json.dumps({"alg": "EdDSA", "kid": kid, "typ": typ}).encode()) + "." + b64(json.dumps(whole).encode())
    return signed + "." + b64(ed25519(seed, signed.encode())[1])


def test_bearer_token(daemon):
    answer = daemon.ask("GET", "/toy/v1/mine")
    assert_problem(answer, 401, "not_signed_in")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    good = token({"sub": MEMBER, "member": MEMBER})
    answer = daemon.ask("GET", "/toy/v1/mine", authorization="Bearer " + good)
    assert answer.status == 200 and answer.json()["id"] == MEMBER
    assert daemon.ask("POST", "/toy/v1/mine", authorization="Bearer " + good).status == 200
    for bad in (good[:-8] + "AAAAAAAA", "x", token({"sub": MEMBER, "exp": 1}), token({"sub": MEMBER}, seed=b"1" * 32),
                token({"sub": MEMBER, "iss": "https://elsewhere"}), token({"sub": MEMBER}, typ="at+jwt")):
        assert_problem(daemon.ask("GET", "/toy/v1/mine", authorization="Bearer " + bad), 401, "token_refused")
    person = token({"sub": MEMBER, "org": ORG})
    assert_problem(daemon.ask("POST", "/toy/v1/mine", authorization="Bearer " + person), 403, "forbidden")
    assert daemon.ask("GET", "/toy/v1/me", authorization="Bearer x").json()["known"] is False


def test_cookie_needs_csrf_token(daemon):
    good = token({"sub": MEMBER, "member": MEMBER, "csrf": "abc123"})
    cookie = "other=1; ch_token=" + good
    assert daemon.ask("GET", "/toy/v1/mine", cookie=cookie).status == 200
    assert_problem(daemon.ask("POST", "/toy/v1/mine", cookie=cookie), 403, "csrf_refused")
    assert_problem(daemon.ask("POST", "/toy/v1/mine", cookie=cookie, x_csrf_token="abc124"), 403, "csrf_refused")
    assert daemon.ask("POST", "/toy/v1/mine", cookie=cookie, x_csrf_token="abc123").status == 200
    without = "ch_token=" + token({"sub": MEMBER, "member": MEMBER, "csrf": ""})
    assert_problem(daemon.ask("POST", "/toy/v1/mine", cookie=without, x_csrf_token=""), 403, "csrf_refused")


def test_program_tokens(daemon):
    def ask(method, path, claims):
        claims = {"sub": "c", "client_id": "c", "org": ORG, "aud": "metering", **claims}
        return daemon.ask(method, path, authorization="Bearer " + token(claims, typ="at+jwt"))
    answer = ask("GET", "/toy/v1/granted", {"grant": "g"})
    assert answer.status == 200, answer.body
    assert_problem(ask("GET", "/toy/v1/granted", {}), 401, "token_refused")
    assert_problem(ask("GET", "/toy/v1/granted", {"grant": "g", "aud": "other"}), 401, "token_refused")
    assert ask("POST", "/toy/v1/usage", {"scope": "usage"}).status == 200
    assert_problem(ask("POST", "/toy/v1/usage", {"scope": "usages"}), 401, "token_refused")
    assert ask("GET", "/toy/v1/licensed", {}).status == 200
    person = "Bearer " + token({"sub": MEMBER, "org": ORG})
    assert daemon.ask("GET", "/toy/v1/licensed", authorization=person).status == 200
    assert_problem(daemon.ask("GET", "/toy/v1/granted", authorization=person), 401, "token_refused")


# ---- the skeleton ----

def test_probes_and_texts(daemon):
    assert daemon.ask("GET", "/healthz").json() == {"status": "alive"}
    assert daemon.ask("GET", "/readyz").json() == {"status": "ready"}
    keys = daemon.ask("GET", "/.well-known/jwks.json").json()["keys"]
    assert len(keys) == 2 and all(key["kty"] == "OKP" and "d" not in key for key in keys)
    assert daemon.ask("GET", "/problems/stale").json()["slug"] == "stale"
    assert b"<h1>" in daemon.ask("GET", "/problems/stale", accept="text/html").body
    assert_problem(daemon.ask("GET", "/problems/nonsense"), 404, "not_found")
    assert_problem(daemon.ask("GET", "/toy/v1/openapi.yaml"), 404, "no_route")


def test_metrics(daemon):
    daemon.ask("GET", "/toy/v1/hello")
    text = daemon.ask("GET", "/metrics").body.decode()
    assert re.search(r'^commonhold_requests_total\{method="GET",route="/toy/v1/hello",status="2xx"\} [1-9]', text, re.M)
    assert re.search(r'^commonhold_request_seconds_bucket\{le="\+Inf"\} [1-9]', text, re.M)


def test_openapi_document(tmp_path):
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "toy.yaml").write_text("openapi: 3.1.0\n")
    daemon = Daemon(tmp_path, api_dir="api")
    assert daemon.ask("GET", "/toy/v1/openapi.yaml").body == b"openapi: 3.1.0\n"
    assert_problem(daemon.ask("GET", "/other/v1/openapi.yaml"), 404, "no_route")
    daemon.stop()


def test_drain_finishes_what_runs_and_refuses_what_comes(tmp_path):
    daemon = Daemon(tmp_path, drain_seconds=8)
    slow, idle = daemon.connect(), daemon.connect()
    idle.sendall(request("GET", "/toy/v1/hello"))
    assert read_answer(idle).status == 200
    slow.sendall(request("GET", "/toy/v1/slow?ms=1500"))
    time.sleep(0.1)
    daemon.process.terminate()

    def refused():
        try:
            daemon.connect().close()
            return False
        except ConnectionRefusedError:
            return True
    wait_for(refused, "refusal of new connections")
    idle.sendall(request("GET", "/toy/v1/hello"))
    answer = read_answer(idle)
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["connection"] == "close"
    assert daemon.process.poll() is None
    answer = read_answer(slow)
    assert answer.status == 200 and answer.headers["connection"] == "close"
    assert daemon.process.wait(DEADLINE) == 0


def test_drain_ends_after_drain_seconds(tmp_path):
    daemon = Daemon(tmp_path, drain_seconds=1)
    with daemon.connect() as sock:
        sock.sendall(request("GET", "/toy/v1/slow?ms=60000"))
        time.sleep(0.2)
        began = time.monotonic()
        daemon.stop(expected=1)
        assert 0.9 < time.monotonic() - began < 4 * SLOW
    assert "cut off after drain_seconds" in daemon.log()


def test_two_processes_share_the_port_and_the_numbers(tmp_path):
    daemon = Daemon(tmp_path, processes=2)
    for _ in range(60):
        assert daemon.ask("GET", "/toy/v1/hello").status == 200
    # An answer is on the wire a moment before it is counted and logged.
    wait_for(lambda: daemon.log().count("route=/toy/v1/hello") == 60, "60 log lines")
    assert len(set(re.findall(r"pid=(\d+) msg=request .*route=/toy/v1/hello", daemon.log()))) == 2
    text = daemon.ask("GET", "/metrics").body.decode()
    assert 'route="/toy/v1/hello",status="2xx"} 60' in text
    daemon.stop()


def test_a_dead_process_is_started_again(tmp_path):
    daemon = Daemon(tmp_path)
    sock = daemon.connect()
    sock.sendall(request("POST", "/toy/v1/crash"))
    wait_for(lambda: daemon.log().count("msg=ready") == 2, "second ready line")
    assert daemon.ask("GET", "/toy/v1/hello").status == 200
    assert "commonhold_restarts_total 1" in daemon.ask("GET", "/metrics").body.decode()
    assert "signal 6" in daemon.log()
    daemon.process.terminate()
    assert daemon.process.wait(DEADLINE) == 0


def test_worker_is_started_again_with_back_off(tmp_path):
    daemon = Daemon(tmp_path, environment={"TOYD_WORKER": "dies"})
    wait_for(lambda: daemon.log().count("kind=worker") >= 3, "restarts of the worker")
    assert daemon.ask("GET", "/toy/v1/hello").status == 200
    daemon.stop(expected=None)


def test_database_down_at_start(tmp_path):
    daemon = Daemon(tmp_path, arguments=["toy"], wait=False, database="host=/nonexistent dbname=x", start_seconds=6)
    assert daemon.process.wait(30) == 69
    assert daemon.log().count("waiting for the database") == 2  # after one second and after five
    assert "start_seconds" in daemon.log()


def test_bad_configuration_and_arguments(tmp_path):
    daemon = Daemon(tmp_path, wait=False, processes=0)
    assert daemon.process.wait(DEADLINE) == 78 and "toy.ini:" in daemon.log() and "processes" in daemon.log()
    daemon = Daemon(tmp_path, wait=False, arguments=["nonsense"])
    assert daemon.process.wait(DEADLINE) == 64


def test_port_in_use_is_said(tmp_path):
    first = Daemon(tmp_path, processes=2)
    (tmp_path / "second").mkdir()
    second = Daemon(tmp_path / "second", wait=False, listen=f"127.0.0.1:{first.port}", processes=2)
    assert second.process.wait(DEADLINE) == 78 and "cannot open the port" in second.log()
    first.stop()


def test_trusted_proxy(tmp_path):
    daemon = Daemon(tmp_path, trusted_proxy="10.0.0.1 127.0.0.1")
    answer = daemon.ask("GET", "/toy/v1/me", x_forwarded_for="1.1.1.1, 192.0.2.7")
    assert answer.json()["peer"] == "192.0.2.7"
    assert daemon.ask("GET", "/toy/v1/me", x_forwarded_for='"><script>').json()["peer"] == "127.0.0.1"
    daemon.stop()
    daemon = Daemon(tmp_path)
    assert daemon.ask("GET", "/toy/v1/me", x_forwarded_for="192.0.2.7").json()["peer"] == "127.0.0.1"
    daemon.stop()


def test_tls(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
                   check=True, capture_output=True)
    daemon = Daemon(tmp_path, tls_certificate="cert.pem", tls_key="key.pem")
    context = ssl.create_default_context(cafile=str(certificate))
    with context.wrap_socket(daemon.connect(), server_hostname="localhost") as sock:
        sock.sendall(request("GET", "/toy/v1/hello"))
        assert read_answer(sock).status == 200
        sock.sendall(request("GET", "/toy/v1/stream?lines=20000"))
        assert read_answer(sock).body.count(b"\n") == 20000
        body = hashlib.shake_256(b"seed 2").digest(3000000)
        sock.sendall(request("POST", "/toy/v1/bytes", body, content_type="application/octet-stream"))
        assert read_answer(sock).body == body
        sock.sendall(request("GET", "/toy/v1/hello", connection="close"))
        assert read_answer(sock).headers["connection"] == "close"
        assert sock.recv(1) == b""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode, old.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        old.wrap_socket(daemon.connect())
    with daemon.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
    with context.wrap_socket(daemon.connect(), server_hostname="localhost") as sock:
        sock.sendall(request("GET", "/toy/v1/hello"))
        assert read_answer(sock).status == 200
    daemon.stop()


def test_full_process_says_so(tmp_path):
    daemon = Daemon(tmp_path, connections=8)
    socks = []
    for _ in range(8):
        sock = daemon.connect()
        sock.sendall(request("GET", "/toy/v1/hello"))
        assert read_answer(sock).status == 200
        socks.append(sock)
    with daemon.connect() as sock:
        assert_problem(read_answer(sock), 503, "unavailable")
    for sock in socks:
        sock.close()
    daemon.stop()
