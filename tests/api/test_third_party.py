# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verifiers that others wrote accept what the log publishes, and refuse it with one byte changed: Go's sumdb packages and openssl. The files of one
log are collected once; our own `commonhold verify` has to say the same of each."""
import base64
import http.server
import os
import pathlib
import shutil
import subprocess
import threading

import pytest

from stack import BIN, ROOT, eventually, run
from test_log import Checkpoint, add_leaves, own_key, settled, tile_path

GOPATH = pathlib.Path("/usr/share/gocode")
#: SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410).
SPKI = bytes.fromhex("302a300506032b6570032100")


class Recorder(http.server.BaseHTTPRequestHandler):
    """A witness that says it has `server.size` entries, keeps what it is asked then, and cosigns nothing."""

    def do_POST(self):  # noqa: N802 (http.server's name)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = body.startswith(f"old {self.server.size}\n") and self.server.size > 0
        if told:
            self.server.kept.append(body)
        reply = b"kept\n" if told else f"{self.server.size}\n".encode()
        self.send_response(403 if told else 409)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def do_GET(self):  # noqa: N802
        self.send_error(404)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def recorder():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.size, server.kept = 0, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def published(stack, recorder, tmp_path_factory):
    """A folder with checkpoint, old checkpoint, proof, entry and consistency file of one trust; the trust, and its verifier key."""
    folder = tmp_path_factory.mktemp("published")
    witness = run(BIN / "commonhold-witness", "key", "--dir", folder / "w", "--name", "witness.example/recorder").strip()
    (folder / "policy").write_text(f"witness recorder {witness} http://127.0.0.1:{recorder.server_port}\nquorum none\n")
    made = stack.trust(settings={"log": {"policy": str(folder / "policy")}}, sign_in=False)
    made.sql("INSERT INTO log.entry_type (type, schema_name, about) VALUES ('policy_test', 'log', 'of this test') ON CONFLICT DO NOTHING")
    old = settled(made)
    (folder / "old").write_text(old.text)
    recorder.size = old.size
    add_leaves(made, 300, "many")
    new = settled(made)

    def grown():
        made.sql("UPDATE log.witness SET next_at = now()")
        return next((body for body in recorder.kept if Checkpoint(body.split("\n\n", 1)[1]).size == new.size), None)
    (folder / "consistency").write_text(eventually("the worker to prove the growth", grown))
    (folder / "checkpoint").write_text(new.text)
    (folder / "proof").write_bytes(made.public.get("/log/proof/policy_test/many77").raw)
    (folder / "entry").write_bytes(bytes(made.sql("SELECT bytes FROM log.entry WHERE object_id = 'many77'")[0][0]))
    yield folder, made, own_key(made)
    stack.release(made)


@pytest.fixture(scope="module")
def sumdb(tmp_path_factory):
    """The program of go/sumdb.go."""
    if not shutil.which("go") or not (GOPATH / "src/golang.org/x/mod/sumdb/note").is_dir():
        pytest.skip("golang-go and golang-golang-x-mod-dev are not installed: Go's verifiers are not tried")
    folder = tmp_path_factory.mktemp("go")
    made = subprocess.run(["go", "build", "-o", folder / "sumdb", "sumdb.go"], cwd=ROOT / "tests/api/go", capture_output=True, text=True, timeout=600,
                          env={**os.environ, "GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "", "GOCACHE": os.environ.get("GOCACHE", str(folder / "cache"))})
    assert made.returncode == 0, made.stderr
    return folder / "sumdb"


#: Arguments behind the key: name of the command, files by name.
FILES = {"checkpoint": ["checkpoint"], "inclusion": ["proof", "entry"], "consistency": ["consistency", "old"]}
OPTIONS = {"entry": "--entry", "old": "--old"}


def ours(kind, folder, key):
    names = FILES[kind]
    done = subprocess.run([BIN / "commonhold", "verify", kind, folder / names[0], "--vkey", key, *(x for n in names[1:] for x in (OPTIONS[n], folder / n))],
                          capture_output=True, text=True, timeout=60)
    return done.returncode


def theirs(sumdb, kind, folder, key):
    return subprocess.run([sumdb, kind, key, *(folder / name for name in FILES[kind])], capture_output=True, text=True, timeout=60).returncode


def copied(folder, to):
    to.mkdir()
    for name in {name for names in FILES.values() for name in names}:
        shutil.copy(folder / name, to / name)
    return to


def places(raw, count=12):
    """Places all over the bytes, the last one among them, but for line ends: another one is no changed byte but another file."""
    usable = [i for i, byte in enumerate(raw) if byte != 10]
    return sorted({usable[i * (len(usable) - 1) // (count - 1)] for i in range(count)})


@pytest.mark.parametrize("kind", FILES)
def test_go_and_we_accept(published, sumdb, kind):
    folder, _, key = published
    assert theirs(sumdb, kind, folder, key) == 0 and ours(kind, folder, key) == 0


@pytest.mark.parametrize("kind, name", [(kind, name) for kind, names in FILES.items() for name in names])
def test_go_and_we_refuse_one_changed_byte(published, sumdb, tmp_path, kind, name):
    folder, _, key = published
    raw = (folder / name).read_bytes()
    for number, place in enumerate(places(raw)):
        changed = copied(folder, tmp_path / str(number))
        (changed / name).write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1:])
        assert theirs(sumdb, kind, changed, key) == 1, (name, place)
        assert ours(kind, changed, key) == 1, (name, place)


def test_go_walks_the_tiles(published, sumdb, tmp_path):
    """Every tile and bundle of the log as files; then one byte of one of them is another."""
    folder, trust, key = published
    size = Checkpoint((folder / "checkpoint").read_text()).size
    for level, count in (("entries", size), (0, size), (1, size >> 8)):
        for number in range((count + 255) // 256):
            name = f"tile/{level}/{tile_path(number, min(256, count - 256 * number))}"
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(trust.public.get(f"/log/{name}").raw)
    told = [sumdb, "tiles", key, folder / "checkpoint", tmp_path]
    assert subprocess.run(told, capture_output=True, text=True, timeout=120).stdout == "accepted\n"
    for name in ("tile/0/000", "tile/entries/000", f"tile/1/{tile_path(0, 1)}", f"tile/0/{tile_path(1, size - 256)}"):
        raw = (tmp_path / name).read_bytes()
        for place in (10, len(raw) // 2, len(raw) - 1):
            (tmp_path / name).write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1:])
            assert subprocess.run(told, capture_output=True, text=True, timeout=120).returncode == 1, (name, place)
        (tmp_path / name).write_bytes(raw)


def test_openssl_verifies_the_signature(published, tmp_path):
    folder, _, key = published
    checkpoint = Checkpoint((folder / "checkpoint").read_text())
    der = SPKI + base64.b64decode(key.split("+", 2)[2])[1:]
    (tmp_path / "key.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n")
    line = next(line for line in checkpoint.signatures if line.split(" ")[1] == checkpoint.origin)
    (tmp_path / "signature").write_bytes(base64.b64decode(line.split(" ")[2])[4:])
    body = checkpoint.signed.encode()

    def verified(text):
        (tmp_path / "body").write_bytes(text)
        return subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", tmp_path / "key.pem", "-in", tmp_path / "body",
                               "-sigfile", tmp_path / "signature"], capture_output=True, timeout=60).returncode == 0
    assert verified(body)
    for place in places(body):
        assert not verified(body[:place] + bytes([body[place] ^ 1]) + body[place + 1:])
