# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_aggregates.sh: measures, prints one line a figure, exits 1 over the bar."""
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from stack import Stack, seconds_of  # noqa: E402
from test_aggregates import Queries  # noqa: E402

ROWS, MEMBERS, BAR, ROUNDS = (int(os.environ[name]) for name in ("ROWS", "MEMBERS", "BAR", "ROUNDS"))
PLAN = [{"name": "lat", "rule": "round:1"}, {"name": "lon", "rule": "round:1"}, {"name": "at", "rule": "trunc:day"}, {"name": "pm10", "rule": "keep"}]
CASES = [("one column", "at", "date_trunc('day', at AT TIME ZONE 'UTC')"), ("two columns", "lat,lon", "round(lat, 1), round(lon, 1)")]


def load(world):
    world.pool("long")

    def work(c):
        keys = [world.contribution(c, "long", f"m{i}", ROWS // MEMBERS) for i in range(MEMBERS)]
        c.execute(f"INSERT INTO {world.tables['long']} (contribution_id, lat, lon, at, pm10, pm25, device) SELECT (%s::uuid[])[1 + i * %s::bigint / %s], "
                  "57 + (i %% 1000) / 1000.0, -2 - (i %% 777) / 1000.0, timestamptz '2026-01-01Z' + (i %% 100000) * interval '70 s', (i %% 500) / 10.0, "
                  "(i %% 300) / 10.0, 'd' || i %% 100 FROM generate_series(0, %s - 1) AS i", (keys, MEMBERS, ROWS, ROWS))
    world.write(work)
    world.trust.sql("VACUUM ANALYZE")


def plain(world, columns):
    world.trust.sql(f"SELECT {columns}, count(*), avg(pm10) FROM {world.tables['long']} GROUP BY {columns}")


def ask(world, name, by):
    got = world.ask(f"?by={by}&measure=count,avg(pm10)", name, "long")
    assert got.status == 200, got.body
    assert sum(cell["count"] for cell in got.json["cells"]) == ROWS and not got.json["suppressed"]


def main(folder):
    stack = Stack(folder)
    try:
        world = Queries(stack.trust(sign_in=False, roles=("metering",), settings={"common": {"statement_ms": 120000}}), stack)
        load(world)
        worst = 0
        for title, by, columns in CASES:
            ours, theirs = [], []
            for _ in range(ROUNDS):
                name = world.fresh("long", plan=PLAN)
                theirs.append(seconds_of(lambda: plain(world, columns)))
                ours.append(seconds_of(lambda: ask(world, name, by)))
            ratio = int(100 * statistics.median(ours) / statistics.median(theirs))
            worst = max(worst, ratio)
            print(f"bench_aggregates: {title}: {statistics.median(ours):.2f} s, plain GROUP BY {statistics.median(theirs):.2f} s, {ratio} % (bar {BAR} %)")
            print(f"result: aggregate over {ROWS} rows, {title} | {statistics.median(ours):.2f} s | {statistics.median(theirs):.2f} s GROUP BY | <= {BAR / 100}")
        return 0 if worst <= BAR else 1
    finally:
        stack.close()


if __name__ == "__main__":
    made = tempfile.mkdtemp(prefix="bench_aggregates.")
    try:
        code = main(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    sys.exit(code)
