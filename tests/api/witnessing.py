# SPDX-License-Identifier: AGPL-3.0-or-later
"""A log of a test's own, signed in Python, and witnesses as processes: everything add-checkpoint needs, written from RFC 9162 and the C2SP texts."""
import base64
import hashlib
import http.client
import subprocess

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stack import BIN, DEADLINE, free_port, run, wait_for
from test_log import leaf_hash, node_hash, tree_root


def b64(raw):
    return base64.b64encode(raw).decode()


def inclusion(hashes, index):
    """RFC 9162, section 2.1.3.1."""
    if len(hashes) == 1:
        return []
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if index < split:
        return inclusion(hashes[:split], index) + [tree_root(hashes[split:])]
    return inclusion(hashes[split:], index - split) + [tree_root(hashes[:split])]


def consistency(hashes, old, whole=True):
    """RFC 9162, section 2.1.4.1."""
    if old == len(hashes):
        return [] if whole else [tree_root(hashes)]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if old <= split:
        return consistency(hashes[:split], old, whole) + [tree_root(hashes[split:])]
    return consistency(hashes[split:], old - split, False) + [tree_root(hashes[:split])]


class OwnLog:
    """Entries `leaf-0` and so on, under a key of its own."""

    def __init__(self, name="coop.example/ledger", seed="coop test log key 1"):
        self.name, self.key = name, Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(name.encode() + b"\n\1" + self.public).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([1]) + self.public)}"

    @staticmethod
    def entry(index):
        return f"leaf-{index}".encode()

    def hashes(self, size):
        return [leaf_hash(self.entry(i)) for i in range(size)]

    def checkpoint(self, size, root=None):
        body = f"{self.name}\n{size}\n{b64(root or tree_root(self.hashes(size)))}\n"
        return f"{body}\n\u2014 {self.name} {b64(self.id + self.key.sign(body.encode()))}\n"

    def proof(self, index, size):
        lines = "".join(b64(h) + "\n" for h in inclusion(self.hashes(size), index))
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{lines}\n{self.checkpoint(size)}"

    def growth(self, old, size):
        lines = "".join(b64(h) + "\n" for h in (consistency(self.hashes(size), old) if 0 < old else []))
        return f"old {old}\n{lines}\n{self.checkpoint(size)}"


class Witness:
    """One folder and, while it runs, one process."""

    def __init__(self, folder, name, *log_vkeys):
        self.folder, self.name, self.port = folder, name, free_port()
        self.vkey = run(BIN / "commonhold-witness", "key", "--dir", folder, "--name", name).strip()
        self.url = f"http://127.0.0.1:{self.port}"
        self.policy = folder / "logs.policy"
        self.policy.write_text("".join(f"log {vkey}\n" for vkey in log_vkeys) + "quorum none\n")
        self.process = None

    def start(self):
        self.process = subprocess.Popen([BIN / "commonhold-witness", "serve", "--dir", self.folder, "--policy", self.policy, "--listen", f"127.0.0.1:{self.port}"],
                                        stderr=subprocess.DEVNULL)
        wait_for("the witness", lambda: self.get("/")[0] == 404, DEADLINE, 0.02)
        return self

    def stop(self, kill=False):
        if self.process:
            self.process.kill() if kill else self.process.terminate()
            code = self.process.wait(DEADLINE)
            self.process = None
            return code
        return None

    def send(self, method, path, body=None):
        """Status, media type and body; OSError when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        try:
            return self.send("GET", path)
        except OSError:
            return 0, None, ""

    def add(self, body):
        return self.send("POST", "/add-checkpoint", body.encode())

    def newest(self, name="coop.example/ledger"):
        """Text of what it cosigned last, None for nothing."""
        status, _, text = self.get(f"/{hashlib.sha256(name.encode()).hexdigest()}/checkpoint")
        assert status in (200, 404)
        return text if status == 200 else None


def sizes_of(text):
    """Origin and size of a checkpoint's text."""
    origin, size = text.split("\n")[:2]
    return origin, int(size)


__all__ = ["OwnLog", "Witness", "b64", "consistency", "inclusion", "node_hash", "sizes_of"]
