# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_delivery.sh: measures, prints one line a figure, exits 1 under the bar."""
import http.client
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from stack import Stack, seconds_of  # noqa: E402
from test_metering import PLAN, SlowReader, World  # noqa: E402

ROWS, BAR, TOGETHER = int(os.environ["ROWS"]), int(os.environ["BAR"]), int(os.environ["TOGETHER"])
MEMBERS = 1000


def load(world):
    world.pool("long")

    def work(c):
        keys = [world.contribution(c, "long", f"m{i}", ROWS // MEMBERS) for i in range(MEMBERS)]
        c.execute(f"INSERT INTO {world.tables['long']} (contribution_id, lat, lon, at, pm10, pm25, device) SELECT (%s::uuid[])[1 + i * %s / %s], "
                  "57 + (i %% 1000) / 10000.0, -2 - (i %% 777) / 10000.0, timestamptz '2026-01-01Z' + i * interval '7 s', (i %% 500) / 10.0, "
                  "(i %% 300) / 10.0, 'd' || i %% 100 FROM generate_series(0, %s - 1) AS i", (keys, MEMBERS, ROWS, ROWS))
    world.write(work)
    world.grant("long", "long", plan=PLAN)
    world.trust.sql("VACUUM ANALYZE")


def fetch(world, first=None):
    """Reads one delivery to its end; returns bytes of the trailer's line `rows`."""
    connection = http.client.HTTPConnection("127.0.0.1", world.trust.port, timeout=120)
    start = time.perf_counter()
    connection.request("GET", "/metering/v1/pools/long/rows", headers={"Authorization": "Bearer " + world.token("long", "long")})
    answer, last = connection.getresponse(), b""
    answer.read(1)
    if first is not None:
        first.append(time.perf_counter() - start)
    while part := answer.read(1 << 18):
        last = (last + part)[-2000:]
    assert f"# rows: {ROWS}\r\n".encode() in last, last
    connection.close()


def copy(world, target):
    select = (f"SELECT lpad(row_id::text, 13, '0') AS _row, round(lat, 2) AS lat, round(lon, 2) AS lon, date_trunc('hour', at AT TIME ZONE 'UTC') AS at, "
              f"pm10, pm25 FROM {world.tables['long']} ORDER BY pool_id, row_id")
    subprocess.run(["psql", "-XAtq", world.trust.database, "-c", f"\\copy ({select}) TO '{target}' CSV HEADER"], check=True)


def resident(world):
    """KiB of the largest HTTP process of the daemon."""
    parent = world.trust.daemon.process.pid
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return max(int(line.split()[1]) for pid in children for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
               if line.startswith("VmRSS"))


def main(folder):
    stack = Stack(folder)
    try:
        world = World(stack.trust(sign_in=False, roles=("metering",)), stack)
        load(world)
        idle = resident(world)
        ours, theirs, first = [], [], []
        for _ in range(3):
            theirs.append(ROWS / seconds_of(lambda: copy(world, os.path.join(folder, "copy.csv"))))
            ours.append(ROWS / seconds_of(lambda: fetch(world, first)))
        ratio = int(100 * statistics.median(ours) / statistics.median(theirs))
        fast = resident(world)
        reader = SlowReader(world, "long", "long")
        reader.wait_stalled(world)
        slow = resident(world)
        reader.socket.close()
        took = []
        threads = [threading.Thread(target=lambda: took.append(seconds_of(lambda: fetch(world)))) for _ in range(TOGETHER)]
        whole = seconds_of(lambda: ([t.start() for t in threads], [t.join() for t in threads]))
        print(f"bench_delivery: {statistics.median(ours):.0f} rows/s, \\copy {statistics.median(theirs):.0f} rows/s, {ratio} % (bar {BAR} %)")
        print(f"bench_delivery: first byte {1000 * statistics.median(first):.0f} ms; resident idle {idle} KiB, fast +{fast - idle}, slow +{slow - idle}")
        print(f"bench_delivery: {TOGETHER} at once {TOGETHER * ROWS / whole:.0f} rows/s together, slowest {max(took):.1f} s, mean "
              f"{statistics.mean(took):.1f} s, resident +{resident(world) - idle} KiB")
        print(f"result: delivery, {ROWS} rows of CSV | {statistics.median(ours):.0f} rows/s | {statistics.median(theirs):.0f} psql copy | >= {BAR / 100}")
        print(f"result: delivery, resident over idle | {max(fast, slow) - idle} KiB | - | <= 32768")
        return 0 if ratio >= BAR and max(fast, slow) - idle < 32768 else 1
    finally:
        stack.close()


if __name__ == "__main__":
    made = tempfile.mkdtemp(prefix="bench_delivery.")
    try:
        code = main(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    sys.exit(code)
