# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bodies that a handler takes in pieces, over real sockets, with the toy daemon of test_http.py: both framings, every end, back-pressure,
and what stands behind such a body on the same connection."""
import hashlib
import json
import random
import signal
import socket
import ssl
import subprocess

import pytest

import test_http
from test_http import DEADLINE, SLOW, Daemon, read_answer, request, wait_for

FLOW = "/toy/v1/flow"
ROOM = 512 * 1024
built_and_cleaned_up = test_http.built_and_cleaned_up


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    made = Daemon(tmp_path_factory.mktemp("bodies"), body_seconds=20)
    yield made
    made.stop()


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def chunks(data, size):
    return b"".join(b"%x\r\n%s\r\n" % (len(data[i:i + size]), data[i:i + size]) for i in range(0, len(data), size)) + b"0\r\n\r\n"


def logged(daemon, text):
    return wait_for(lambda: text in daemon.log(), f"log line {text!r}")


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, ROOM, ROOM + 1, 5_000_000])
def test_both_framings_bring_the_same_bytes(daemon, size):
    data = noise(size)
    for body, headers in ((data, {"content_length": size}), (chunks(data, 70001), {"transfer_encoding": "chunked"}),
                          (chunks(data, 999) if size < 1_000_000 else chunks(data, 4_000_000), {"transfer_encoding": "chunked"})):
        answer = daemon.ask("POST", FLOW, body, **headers)
        assert answer.status == 200, answer.body
        found = answer.json()
        assert found["size"] == size and found["sha256"] == hashlib.sha256(data).hexdigest() and found["largest"] <= ROOM


def test_byte_by_byte(daemon):
    for body, headers in ((b"hello", {"content_length": 5}), (chunks(b"hello", 2), {"transfer_encoding": "chunked"})):
        with daemon.connect() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request("POST", FLOW, body, **headers):
                sock.sendall(bytes([byte]))
            assert read_answer(sock).json()["sha256"] == hashlib.sha256(b"hello").hexdigest()


def test_what_stands_behind_is_the_next_request(daemon):
    data = noise(300_000)
    body = chunks(data, 9999)
    with daemon.connect() as sock:
        sock.sendall(request("POST", FLOW, data) + request("POST", FLOW, body, transfer_encoding="chunked")
                     + request("POST", FLOW + "?refuse=1", b"abc") + request("GET", "/toy/v1/hello") + request("POST", FLOW, content_length=0))
        buffer = bytearray()
        answers = [read_answer(sock, buffer=buffer) for _ in range(5)]
    assert [a.status for a in answers] == [200, 200, 409, 200, 200]
    assert answers[0].json()["sha256"] == answers[1].json()["sha256"] == hashlib.sha256(data).hexdigest()
    assert "connection" not in answers[2].headers and answers[4].json()["size"] == 0


def test_a_refusal_before_the_body_closes(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("POST", FLOW + "?refuse=1", content_length=1 << 30) + b"x" * 1000)
        answer = read_answer(sock)
        assert answer.status == 409 and answer.headers["connection"] == "close"
        while sock.recv(65536):
            pass


def test_limits(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("POST", "/toy/v1/small-flow", content_length=1001))
        assert read_answer(sock).status == 413
    with daemon.connect() as sock:
        sock.sendall(request("POST", FLOW + "?limit=10", content_length=11))
        assert read_answer(sock).status == 413
    assert daemon.ask("POST", FLOW + "?limit=10", b"x" * 10).status == 200
    for size, status in ((1000, 200), (1001, 413)):
        assert daemon.ask("POST", "/toy/v1/small-flow", chunks(b"x" * size, 100), transfer_encoding="chunked").status == status
    assert daemon.ask("POST", FLOW, content_length="9" * 19).status in (400, 413)


@pytest.mark.parametrize("body", [b"zz\r\n", b"5\r\nabcdefg\r\n", b"5\nabcde", b"1" * 300])
def test_malformed_chunks(daemon, body):
    assert daemon.ask("POST", FLOW, b"3\r\nabc\r\n" + body, transfer_encoding="chunked").status == 400
    logged(daemon, "toyd: body malformed after 3 bytes")


def test_expect_continue_waits_for_the_handler(daemon):
    for path, first in ((FLOW, 100), (FLOW + "?refuse=1", 409), ("/toy/v1/flow-of-members", 401)):
        with daemon.connect() as sock:
            sock.sendall(request("POST", path, content_length=3, expect="100-continue"))
            assert read_answer(sock).status == first
            if first == 100:
                sock.sendall(b"abc")
                assert read_answer(sock).json()["size"] == 3
    with daemon.connect() as sock:
        sock.sendall(request("POST", FLOW, transfer_encoding="chunked", expect="100-continue"))
        assert read_answer(sock).status == 100
        sock.sendall(chunks(b"abc", 2))
        assert read_answer(sock).json()["size"] == 3


def test_headers_of_every_answer(daemon):
    for answer, status in ((daemon.ask("POST", FLOW, b"x"), 200), (daemon.ask("POST", FLOW + "?refuse=1", b"x"), 409),
                           (daemon.ask("POST", "/toy/v1/flow-of-members", b"x"), 401), (daemon.ask("PUT", FLOW), 405), (daemon.ask("OPTIONS", FLOW), 204),
                           (daemon.ask("POST", FLOW, b"zz\r\n", transfer_encoding="chunked"), 400)):
        assert (answer.status, answer.headers.get("x-toy")) == (status, "always")
    assert "x-toy" not in daemon.ask("GET", "/toy/v1/hello").headers


@pytest.mark.parametrize("how", ["half", "gone", "reset"])
def test_a_client_that_breaks_off(daemon, how):
    size = {"half": 70001, "gone": 70002, "reset": 70003}[how]
    sock = daemon.connect()
    sock.sendall(request("POST", FLOW, content_length=1_000_000) + noise(size))
    if how == "half":
        sock.shutdown(socket.SHUT_WR)
        assert read_answer(sock).status == 400
    if how == "reset":
        wait_for(lambda: acknowledged(sock), "the bytes to arrive")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()
    logged(daemon, f"toyd: body broken after {size} bytes")


def acknowledged(sock):
    import fcntl
    import struct
    return struct.unpack("i", fcntl.ioctl(sock, 0x5411, b"\0" * 4))[0] == 0  # SIOCOUTQ


def test_a_client_that_leaves_while_the_handler_works(daemon):
    size = 2_000_001
    sock = daemon.connect()
    sock.sendall(request("POST", FLOW + "?pause=200", content_length=size) + noise(size - 1))
    sock.close()
    logged(daemon, f"toyd: body broken after {size - 1} bytes")


def test_back_pressure(daemon):
    """A handler of 100 ms a piece: the client cannot be further ahead than the buffers of both kernels and ours."""
    size = 16_000_000
    with daemon.connect() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        sock.sendall(request("POST", FLOW + "?pause=100", content_length=size))
        sock.setblocking(False)
        sent, stalled = 0, 0
        data = noise(65536)
        while stalled < 3 and sent < size - len(data):
            try:
                sent += sock.send(data)
            except BlockingIOError:
                stalled += 1
                sock.settimeout(DEADLINE)
                sent += sock.send(data)
                sock.setblocking(False)
        assert stalled == 3
        with open(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children") as children:
            pids = children.read().split()
        most = 0
        for pid in pids:
            with open(f"/proc/{pid}/status") as status:
                most = max(most, next(int(line.split()[1]) for line in status if line.startswith("VmRSS")))
        if SLOW == 1:
            assert most < 24 * 1024
    logged(daemon, "toyd: body broken after")


def test_slow_senders_are_told(tmp_path):
    daemon = Daemon(tmp_path, body_seconds=2)
    with daemon.connect() as sock:
        sock.sendall(request("POST", FLOW, content_length=1000) + b"x" * 17)
        assert read_answer(sock).status == 408
    logged(daemon, "toyd: body late after 17 bytes")
    assert daemon.ask("POST", FLOW + "?pause=900", noise(6 * ROOM)).status == 200  # our own slowness does not count
    daemon.stop()


def test_a_pause_is_told_once(daemon):
    with daemon.connect() as sock:
        sock.sendall(request("POST", FLOW, content_length=2000) + b"x" * 17)
        began = len(daemon.log())
        sock.settimeout(8)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(DEADLINE)
        sock.sendall(b"y" * 1983)
        assert read_answer(sock).json()["idle"] == 1
    assert "broken" not in daemon.log()[began:]


@pytest.mark.parametrize("rest, status", [(True, 200), (False, 503)])
def test_drain(tmp_path, rest, status):
    """A body on its way may come to its end; when half the time is over it is stopped, and what came is kept."""
    daemon = Daemon(tmp_path, drain_seconds=6)
    with daemon.connect() as sock:
        sock.sendall(request("POST", FLOW, content_length=100_000) + b"x" * 50_000)
        assert daemon.ask("GET", "/toy/v1/hello").status == 200
        daemon.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not can_connect(daemon), "drain")
        if rest:
            sock.sendall(b"x" * 50_000)
        answer = read_answer(sock)
        assert answer.status == status and answer.headers["connection"] == "close"
    assert daemon.process.wait(DEADLINE) == 0
    if not rest:
        logged(daemon, "toyd: body stopped after 50000 bytes")
    daemon.stop()


def can_connect(daemon):
    try:
        daemon.connect().close()
        return True
    except OSError:
        return False


def test_over_tls(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=toy",
                    "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")], check=True, capture_output=True)
    daemon = Daemon(tmp_path, tls_certificate=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    data = noise(9_000_000)
    for body, headers in ((data, {"content_length": len(data)}), (chunks(data, 100_000), {"transfer_encoding": "chunked"})):
        for pause in (0, 20):
            with context.wrap_socket(daemon.connect()) as sock:
                sock.sendall(request("POST", f"{FLOW}?pause={pause}", body, **headers))
                assert read_answer(sock).json()["sha256"] == hashlib.sha256(data).hexdigest()
    daemon.stop()


def test_many_at_once(daemon):
    data = noise(400_000)
    socks = [daemon.connect() for _ in range(40)]
    for sock in socks:
        sock.sendall(request("POST", FLOW, content_length=len(data)) + data[:200_000])
    assert json.loads(daemon.ask("GET", "/toy/v1/hello").body) == {"hello": "world"}
    for sock in socks:
        sock.sendall(data[200_000:])
    for sock in socks:
        assert read_answer(sock).json()["sha256"] == hashlib.sha256(data).hexdigest()
        sock.close()
