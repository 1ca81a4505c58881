# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_ingest.sh: measures, prints one line a figure, exits 1 under the bar."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from pooling import announce, open_pool, table_of  # noqa: E402
from stack import Daemon, Stack, seconds_of, wait_for  # noqa: E402
from trust import LIC  # noqa: E402

ROWS, BAR, TURNS = int(os.environ["ROWS"]), int(os.environ["BAR"]), int(os.environ["TURNS"])
SCHEMA = {"primaryKey": ["device", "at"], "fields": [
    {"name": "device", "type": "integer", "ch:sensitivity": "direct"},
    {"name": "at", "type": "datetime", "ch:sensitivity": "quasi", "ch:timezone": "UTC"},
    {"name": "lat", "type": "number", "ch:sensitivity": "quasi", "constraints": {"minimum": -90, "maximum": 90}},
    {"name": "lon", "type": "number", "ch:sensitivity": "quasi", "constraints": {"minimum": -180, "maximum": 180}},
    {"name": "kind", "type": "string", "ch:sensitivity": "none", "constraints": {"enum": ["SDS011", "PMS5003"], "required": True}},
    {"name": "pm10", "type": "number", "ch:sensitivity": "none", "constraints": {"minimum": 0, "maximum": "1999.9"}},
    {"name": "pm25", "type": "number", "ch:sensitivity": "none", "constraints": {"minimum": 0}}]}
QUALITY = [{"check": "completeness", "column": "pm25", "weight": 300000}, {"check": "in_range", "column": "pm10", "min": 0, "max": 500, "weight": 200000},
           {"check": "duplicates", "columns": ["device", "at"], "weight": 200000}, {"check": "gaps", "column": "at", "step": 3600, "weight": 200000},
           {"check": "cross_duplicates", "columns": ["device", "at"], "weight": 100000}]


def generate(path):
    """The same bytes each time: a hundred sensors, a reading every 150 seconds."""
    with open(path, "w") as out:
        out.write("device,at,lat,lon,kind,pm10,pm25\n")
        for i in range(ROWS):
            t = time.gmtime(1767225600 + i // 100 * 150)
            out.write(f"{22000 + i % 100},{t[0]}-{t[1]:02}-{t[2]:02}T{t[3]:02}:{t[4]:02}:{t[5]:02},{57 + i % 1000 / 10000:.4f},{-2 - i % 777 / 10000:.4f},"
                      f"SDS011,{i % 500 / 10},{i % 300 / 10 if i % 97 else ''}\n")


def peak(pid):
    """KiB of the most memory a process has taken."""
    return next(int(line.split()[1]) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))


class Bench:
    def __init__(self, folder):
        self.stack, self.file = Stack(folder), os.path.join(folder, "rows.csv")
        self.trust = self.stack.trust()
        open_pool(self.trust, "bench", SCHEMA, quality=QUALITY)
        self.trust.stop()
        self.trust.start("governance", "licensing", "log", "portal")  # the worker is a process of its own
        generate(self.file)
        self.trust.sql(f"CREATE TABLE public.plain (LIKE {table_of(self.trust, 'bench')} INCLUDING ALL)")
        self.columns = ", ".join(f["name"] for f in SCHEMA["fields"])
        self.content = open(self.file, "rb").read()

    def copy(self):
        subprocess.run(["psql", "-XAtq", self.trust.database, "-c", "TRUNCATE public.plain"], check=True)
        # the same default columns are filled; contribution_id, which \copy does not know, has a default here
        subprocess.run(["psql", "-XAtq", self.trust.database, "-c", f"ALTER TABLE public.plain ALTER contribution_id SET DEFAULT '{self.id}'"], check=True)
        return seconds_of(lambda: subprocess.run(
            ["psql", "-XAtq", self.trust.database, "-c", f"SET timezone = 'UTC'", "-c", f"\\copy public.plain ({self.columns}) FROM '{self.file}' CSV HEADER"],
            check=True))

    def ingest(self):
        """Seconds from the last byte's commit, which wakes the worker, to the verdict, by the database's clock; and the worker's peak memory."""
        self.id = announce(self.trust, "ada", "bench")["id"]
        worker = Daemon(self.trust.config, 0, self.stack.folder / "worker.log", ("worker",))
        try:
            self.trust["ada"].upload(self.id, self.content, "rows.csv")
            # seldom: each look is a connection, which costs the two cores more than the ingest of a thousand rows
            row = wait_for("the verdict", lambda: (lambda r: r if r[0] in ("accepted", "rejected") else None)(self.trust.sql(
                "SELECT c.state, c.reason, c.rows, extract(epoch FROM c.decided_at - j.created_at) FROM licensing.contribution AS c, job.job AS j "
                "WHERE c.id = %s AND j.kind = 'ingest_contribution' AND j.key = c.id::text", self.id)[0]), 240, 0.5)
            assert row[0] == "accepted" and row[2] == ROWS, row
            children = pathlib.Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children").read_text().split()
            most = max(peak(pid) for pid in [worker.process.pid, *children])
        finally:
            worker.stop()
        self.trust["ada"].post(f"{LIC}/contributions/{self.id}/withdraw")
        self.trust.sql(f"TRUNCATE {table_of(self.trust, 'bench')}")  # both begin with an empty table
        return float(row[3]), most


def main(folder):
    bench = Bench(folder)
    try:
        ours, theirs, most = [], [], 0
        for _ in range(TURNS):
            spent, memory = bench.ingest()
            ours.append(ROWS / spent)
            theirs.append(ROWS / bench.copy())
            most = max(most, memory)
        rate, base = statistics.median(ours), statistics.median(theirs)
        print(f"bench_ingest: {rate:.0f} rows/s, \\copy {base:.0f} rows/s, {int(100 * rate / base)} % (bar {BAR} %); worker at most {most} KiB")
        print(f"result: ingest, {ROWS} rows of 7 columns | {rate:.0f} rows/s | {base:.0f} psql copy | >= {BAR / 100}")
        print(f"result: ingest, worker's memory | {most} KiB | - | <= 65536")
        return 0 if rate >= BAR / 100 * base and most <= 65536 else 1
    finally:
        bench.stack.close()


if __name__ == "__main__":
    made = tempfile.mkdtemp(prefix="bench_ingest.")
    try:
        code = main(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    sys.exit(code)
