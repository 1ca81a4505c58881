# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_events.sh: measures, prints a `result:` line a figure, and with GROWTH=1 tables."""
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from reporting import Planes  # noqa: E402
from stack import Stack, free_port, query, wait_for  # noqa: E402
from test_metering import CLASS, PURPOSE, uid  # noqa: E402

SECONDS = int(os.environ["SECONDS_EACH"])
LOAD = ROOT / os.environ["BUILD"] / "bench" / "bench_events"
NODE = ROOT / "tests" / "bench" / "node"
PGBENCH = shutil.which("pgbench") or sorted(glob.glob("/usr/lib/postgresql/*/bin/pgbench"))[-1]
INSERT = """INSERT INTO metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, occurred_at, content_hash)
VALUES (997, log.new_id(), '{grant}', '{pool}', 'rows', 1, now(), sha256('x'));
"""


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{command[:2]}: {done.stderr[-2000:]}")
    return done.stdout


class Bench:
    def __init__(self, stack, folder):
        self.stack, self.folder = stack, pathlib.Path(folder)
        for setting in ("max_wal_size = '8GB'", "checkpoint_timeout = '1h'"):  # neither side is to meet a checkpoint
            query(stack.admin, "ALTER SYSTEM SET " + setting)
        query(stack.admin, "SELECT pg_reload_conf()")
        self.trust = stack.trust(settings={"common": {"processes": int(os.environ["PROCESSES"]), "requests_per_client": 512, "log_level": "warn"}})
        self.planes = Planes(self.trust, stack)
        self.lines = self.write_lines([("air", None)] + [("air", c) for c in self.planes.contributions])
        self.trust.sql("ANALYZE")

    def write_lines(self, pairs, name="lines"):
        """Files of what events are about, for posts and for the bare COPY."""
        pool, number = self.planes.pools["air"], 999
        texts = {"post": [f"{self.planes.sources['plane']} {uid('grant ' + g)} air {c or '-'}" for g, c in pairs],
                 "copy": [f"{number} {uid('grant ' + g)} {pool} {c or '-'}" for g, c in pairs]}
        made = {}
        for what, text in texts.items():
            made[what] = self.folder / f"{name}.{what}"
            made[what].write_text("\n".join(text) + "\n")
        return made

    def post(self, batch, connections, rate=0, lines=None, port=None, path="/metering/v1/events", seconds=SECONDS):
        """(events a second, p50 us, p99 us); an answer that is not 200 fails the bench."""
        self.planes.tokens.clear()
        out = run(LOAD, "post", port or self.trust.port, self.planes.usage_token(), batch, connections, seconds, rate,
                  (lines or self.lines)["post"], path).split()
        assert out[3] == "0", f"{out[3]} answers were not 200"
        return [int(part) for part in out[:3]]

    def copy(self, lines=None, seconds=SECONDS):
        return int(run(LOAD, "copy", self.trust.database, seconds, (lines or self.lines)["copy"]))

    def pgbench(self):
        script = self.folder / "insert.sql"
        script.write_text(INSERT.format(grant=uid("grant air"), pool=self.planes.pools["air"]))
        out = run(PGBENCH, "-n", "-M", "prepared", "-c", 32, "-j", 2, "-T", SECONDS, "-f", script, self.trust.database)
        return int(float(re.search(r"tps = ([0-9.]+)", out).group(1)))

    def node(self):
        """Events a second of the plain server in batches of 100, or why there is none."""
        if not shutil.which("npm") or not shutil.which("node"):
            return "npm and node are not installed: the comparison with a plain Node server is left out"
        place = self.folder / "node"
        shutil.copytree(NODE, place, ignore=shutil.ignore_patterns("node_modules"))
        made = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=place, capture_output=True, text=True)
        if made.returncode != 0:
            return f"npm ci failed, so the comparison with a plain Node server is left out: {made.stderr[-300:]}"
        options = {"host": self.stack.socket, "port": 5432, "user": "commonhold", "database": self.trust.name, "pool_id": self.planes.pools["air"],
                   "password": next(line.rsplit(":", 1)[1] for line in (self.stack.folder / "secrets" / "pgpass").read_text().splitlines()
                                    if ":commonhold:" in line)}
        port = free_port()
        server = subprocess.Popen(["node", "server.mjs", str(port), json.dumps(options)], cwd=place, stdout=subprocess.DEVNULL)
        try:
            wait_for("the Node server", lambda: ready(port), 30)
            return [self.post(100, 32, port=port, path="/events")[0] for _ in range(3)]
        finally:
            server.terminate()
            server.wait()


def ready(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2).status == 200
    except OSError:
        return None


def median(values):
    return sorted(values)[len(values) // 2]


def bars(bench):
    hundreds, thousands, singles, bare, inserts = [], [], [], [], []
    for _ in range(3):
        bare.append(bench.copy())
        hundreds.append(bench.post(100, 32)[0])
        thousands.append(bench.post(1000, 16)[0])
        inserts.append(bench.pgbench())
        singles.append(bench.post(1, 64)[0])
    peak = median(hundreds)
    late = [bench.post(100, 32, rate=peak // 200)[2] / 1000 for _ in range(3)]
    print(f"result: events, batches of 100, 32 connections | {peak} events/s | {median(bare)} bare COPY | >= 0.55", flush=True)
    print(f"result: events, batches of 1,000, 16 connections | {median(thousands)} events/s | {median(bare)} bare COPY | >= 0.70", flush=True)
    print(f"result: single events, 64 connections | {median(singles)} events/s | {median(inserts)} pgbench | >= 1.5", flush=True)
    print(f"result: events, acknowledgement p99 at half the peak | {median(late):.1f} ms | - | <= 25", flush=True)
    node = bench.node()
    if isinstance(node, str):
        print("bench_events: " + node, flush=True)
    else:
        print(f"result: events, batches of 100, against Node | {peak} events/s | {median(node)} Node | >= 8", flush=True)


def table(title, rows):
    print(f"\n{title:>28}   events/s   bare COPY   ratio")
    for name, ours, theirs in rows:
        print(f"{name:>28} {ours:>10} {theirs:>11} {ours / theirs:>7.2f}", flush=True)


def growth(bench):
    measure = lambda lines=None, connections=32: (bench.post(100, connections, lines=lines)[0], bench.copy(lines))
    rows, stored = [], lambda: bench.trust.sql("SELECT count(*) FROM metering.usage_event")[0][0]
    for goal in [g for g in (10**5, 10**6, 10**7) if g <= int(os.environ["GROWTH_MOST"])]:
        while stored() < goal:
            bench.copy(seconds=2)
        rows.append((f"{stored():,} stored", *measure()))
    table("events", rows)
    rows, made = [], 1
    for count in (1, 10, 100, 1000):
        for n in range(made, count):
            bench.planes.grant(f"g{n}", "air")
        made = count
        rows.append((f"{count} grants", *measure(bench.write_lines([("air", None)] + [(f"g{n}", None) for n in range(1, count)], "grants"))))
    table("grants", rows)
    rows = []
    for count in (1, 100, 10000, 100000):
        bench.planes.write(lambda c, count=count: c.execute(
            "INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, "
            "rows, quality_ppm, decided_at) SELECT md5('c' || i)::uuid, %s, md5('m' || i)::uuid, 1, 'accepted', 'csv', '{}', '{}', '{}', 1, false, 10, 1000000, "
            "now() - interval '1 hour' FROM generate_series(1, %s) AS i ON CONFLICT DO NOTHING", (bench.planes.pools["air"], count)))
        bench.planes.write(lambda c, count=count: c.execute(
            "INSERT INTO licensing.consent_event (id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, language, at, actor) "
            "SELECT md5('e' || i)::uuid, md5('r' || i)::uuid, md5('m' || i)::uuid, %s, %s, %s, 'given', 'expressed', 1, 'en', now() - interval '1 hour', 'member' "
            "FROM generate_series(1, %s) AS i ON CONFLICT DO NOTHING", (bench.planes.pools["air"], PURPOSE, CLASS, count)))
        keys = [k for k, in bench.trust.sql("SELECT md5('c' || i)::uuid::text FROM generate_series(1, %s) AS i", count)]
        rows.append((f"{count} contributions", *measure(bench.write_lines([("air", k) for k in keys], "contributions"))))
    table("contributions", rows)
    table("connections", [(f"{count} connections", *measure(connections=count)) for count in (1, 8, 32, 64, 128)])


def main():
    folder = tempfile.mkdtemp(prefix="commonhold-bench.")
    stack = Stack(folder, durable=True)
    try:
        with tempfile.TemporaryDirectory() as work:
            bench = Bench(stack, work)
            if os.environ["GROWTH"] != "only":
                bars(bench)
            if os.environ["GROWTH"] != "0":
                growth(bench)
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
