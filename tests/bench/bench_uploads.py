# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_uploads.sh: measures, prints one line a figure, exits 1 under the bar."""
import hashlib
import os
import pathlib
import shutil
import socket
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from stack import Stack, seconds_of  # noqa: E402
from test_uploads import Tus, checksum, http_process, open_pool, read_answer, resident  # noqa: E402

SIZE, BAR, BAR_SHA = int(os.environ["SIZE_MB"]) << 20, int(os.environ["BAR"]), int(os.environ["BAR_SHA"])
ROUNDS, PIECE = 3, 256 * 1024


def receive(listener, path, hashed):
    """What the baseline is: a process that takes one connection's bytes and answers when they are on the disk."""
    connection, _ = listener.accept()
    buffer, hasher, left = bytearray(PIECE), hashlib.sha256(), SIZE
    view = memoryview(buffer)
    with open(path, "wb", buffering=0) as file:
        while left > 0:
            size = connection.recv_into(view)
            if hashed:
                hasher.update(view[:size])
            file.write(view[:size])
            left -= size
        os.fdatasync(file.fileno())
    connection.sendall(hasher.digest())
    connection.close()


def copy(data, path, hashed):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = os.fork()
        if child == 0:
            receive(listener, path, hashed)
            os._exit(0)
        with socket.create_connection(listener.getsockname()) as sock:
            sock.sendall(data)
            assert len(sock.recv(32)) == 32
        os.waitpid(child, 0)
    os.unlink(path)


def upload(tus, path, data, headers):
    with tus.connect() as sock:
        sock.sendall(tus.patch_head(path, 0, SIZE, **headers))
        sock.sendall(data)
        answer = read_answer(sock)
        assert answer["Upload-Offset"] == str(SIZE), answer


def measure(tus, name, data, hashed, bar):
    folder = tus.file("x/y").parent
    headers = {"Upload_Checksum": checksum(data)} if hashed else {}
    ours, theirs = [], []
    for _ in range(ROUNDS):
        path = tus.made(SIZE + 1)
        theirs.append(SIZE / 1e6 / seconds_of(lambda: copy(data, folder / "baseline", hashed)))
        ours.append(SIZE / 1e6 / seconds_of(lambda: upload(tus, path, data, headers)))
        assert tus.file(path).stat().st_size == SIZE and tus.ask("DELETE", path).status == 204
        tus.file(path).unlink(missing_ok=True)
        tus.renew()
    own, base = statistics.median(ours), statistics.median(theirs)
    print(f"bench_uploads: {name} {own:.0f} MB/s, bare receiver {base:.0f} MB/s, ratio {own / base:.2f}")
    print(f"result: {name} | {own:.0f} MB/s | {base:.0f} bare receiver | >= {bar / 100}", flush=True)
    return own / base >= bar / 100


def main(folder):
    stack = Stack(folder)
    try:
        trust = stack.trust()
        open_pool(trust)
        tus, data = Tus(trust, "ada"), os.urandom(1 << 20) * (SIZE >> 20)
        idle = resident(http_process(trust))
        pathlib.Path(f"/proc/{http_process(trust)}/clear_refs").write_text("5")  # the most so far was that of a password's hash
        fine = measure(tus, "upload of one PATCH", data, False, BAR)
        fine = measure(tus, "upload of one PATCH, SHA-256", data, True, BAR_SHA) and fine
        grown = (resident(http_process(trust), "VmHWM") - idle) / (1 << 20)
        print(f"bench_uploads: memory at rest {idle >> 10} KiB, {grown:.1f} MiB more at most")
        print(f"result: upload, memory | {grown:.1f} MiB | - | <= 6", flush=True)
        return 0 if fine and grown <= 6 else 1
    finally:
        stack.close()


work = tempfile.mkdtemp(prefix="commonhold-bench-uploads.")
try:
    code = main(work)
finally:
    shutil.rmtree(work, ignore_errors=True)
sys.exit(code)
