# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_delivery.sh: measures, prints one line a figure, exits 1 under the bar."""
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "api"), str(ROOT / "tests" / "bench")]
from reading import copy, cpu_of, fetch, load, resident, server_cpu  # noqa: E402
from stack import Stack, seconds_of  # noqa: E402
from test_metering import SlowReader, World  # noqa: E402

ROWS, BAR = int(os.environ["ROWS"]), int(os.environ["BAR"])


def main(folder):
    stack = Stack(folder)
    try:
        world = World(stack.trust(sign_in=False, roles=("metering",)), stack)
        load(world, "long", ROWS, 1000)
        idle = resident(world)
        ours, theirs, first, cpu = [], [], [], []
        fetch(world, "long", ROWS)  # both begin with a warm cache
        for _ in range(3):
            theirs.append(ROWS / seconds_of(lambda: copy(world, "long", os.path.join(folder, "copy.csv"))))
            before = server_cpu(world)
            ours.append(ROWS / seconds_of(lambda: first.append(fetch(world, "long", ROWS, os.path.join(folder, "rows.csv")))))
            cpu.append([after - was for was, after in zip(before, server_cpu(world))])
        ratio = int(100 * statistics.median(ours) / statistics.median(theirs))
        fast = resident(world)
        reader = SlowReader(world, "long", "long")
        reader.wait_stalled(world)
        slow = resident(world)
        reader.socket.close()
        service, database = (statistics.median(column) for column in zip(*cpu))
        print(f"bench_delivery: {statistics.median(ours):.0f} rows/s, \\copy {statistics.median(theirs):.0f} rows/s, {ratio} % (bar {BAR} %)")
        print(f"bench_delivery: seconds of CPU for {ROWS} rows: service {service:.2f}, its sessions {database:.2f}; \\copy: session {cpu_of(world, 'long'):.2f}")
        print(f"bench_delivery: first byte {1000 * statistics.median(first):.0f} ms; resident idle {idle} KiB, fast +{fast - idle}, slow +{slow - idle}")
        print(f"result: delivery, {ROWS} rows of CSV | {statistics.median(ours):.0f} rows/s | {statistics.median(theirs):.0f} psql copy | >= {BAR / 100}")
        print(f"result: delivery, first byte | {1000 * statistics.median(first):.1f} ms | - | <= 50")
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
