# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_run.sh: measures, prints one line a figure, exits 1 when a bar is missed."""
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
import psycopg2  # noqa: E402
from stack import Stack, wait_for  # noqa: E402  (it says where running finds what it imports)
from running import PAY, Payday  # noqa: E402

LARGEST, SECONDS, RATIO = int(os.environ["LARGEST"]), 60, 3.0
RULE = {"schema": "benefit-rule/1", "rule": "main", "version": 2, "currency": "EUR", "remainder": "largest_remainder/sha256",
        "steps": [{"id": "ops", "kind": "percent", "to": "Income:OperationsShare", "of": "gross", "num": 15, "den": 100},
                  {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "leftover_to": "Equity:Fund:Commons",
                   "parts": [{"share": 70, "weight": "usage", "then": "contribution"}, {"share": 20, "weight": "usage*quality", "then": "contribution"},
                             {"share": 10, "weight": "equal"}]}]}


def fill(day, count):
    """`count` members with a contribution and usage each, in the pool and month of `day`."""
    member = "('00000000-0000-7000-a000-' || lpad(to_hex(g), 12, '0'))::uuid"
    contribution = f"('00000000-0000-7000-9' || left(replace('{day.pool_id}', '-', ''), 3) || '-' || lpad(to_hex(g), 12, '0'))::uuid"
    series = f"FROM generate_series(1, {count}) AS g"
    day.trust.unguarded(
        f"INSERT INTO governance.member (member_id, joined_at, founder, observer) SELECT {member}, now() - interval '40 days', false, false {series} ON CONFLICT DO NOTHING",
        f"INSERT INTO governance.standing (member_id, seq, standing, since_at, reason) SELECT {member}, 1, 'active', now() - interval '40 days', 'bench' {series} ON CONFLICT DO NOTHING",
        "INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, rows, quality_ppm, decided_at) "
        f"SELECT {contribution}, '{day.pool_id}', {member}, 1, 'accepted', 'csv', '{{}}', '{{}}', '{{}}', 1, false, 10, 700000 + g % 300000, now() - interval '39 days' {series}")
    first = f"{day.month}-01"
    day.trust.unguarded(
        f"INSERT INTO metering.closed_month (pool_id, month, pool, closed_at) VALUES ('{day.pool_id}', '{first}', '{day.pool}', now())",
        f"INSERT INTO metering.seal (pool_id, month, pool, lines, units, late, root, sha256, sealed_at) VALUES ('{day.pool_id}', '{first}', '{day.pool}', {count}, 1, 0, repeat('ab', 32), "
        "repeat('cd', 32), now())",
        f"INSERT INTO payout.rated_seal (pool_id, month) VALUES ('{day.pool_id}', '{first}')",
        f"INSERT INTO metering.sealed_usage (pool_id, month, grant_id, meter, contribution_id, units) SELECT '{day.pool_id}', '{first}', '{day.grant}', 'rows', {contribution}, "
        f"1 + (g::bigint * 7919) % 100003 {series}")
    for table in ("governance.member", "governance.standing", "licensing.contribution", "metering.sealed_usage"):
        day.trust.sql(f"VACUUM ANALYZE {table}")


class Meter:
    """The largest resident set of the worker below the daemon, since it was begun."""

    def __init__(self, daemon):
        self.children = [int(p) for p in pathlib.Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children").read_text().split()]
        for pid in [daemon.process.pid, *self.children]:
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def mebibytes(self):
        def peak(pid):
            lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        return max(peak(pid) for pid in self.children) / 1024


def distribute(trust, day, count):
    """Seconds of collecting, and from frozen to posted, of which computing and posting; MiB of the worker."""
    day.paid(count * 1037)
    trust.restart()
    meter = Meter(trust.daemon)
    begin = time.perf_counter()
    run = day.open_run()

    def wait(state):
        trust_wait(trust, run, state)
        return time.perf_counter()
    frozen = wait(("inputs_frozen", "numbered", "computed", "review", "posted"))
    numbered = wait(("numbered", "computed", "review", "posted"))
    review = wait(("review", "posted"))
    confirmed = wait_for("the review to be over", lambda: confirm(day, run), 60, 0.02)
    posted = wait(("posted",))
    return run, {"collect": frozen - begin, "number": numbered - frozen, "compute": review - numbered, "post": posted - confirmed}, meter.mebibytes()


def confirm(day, run):
    answer = day.treasurer.send("POST", f"{PAY}/runs/{run}/confirm-run")
    return time.perf_counter() if answer.status == 200 else None


def trust_wait(trust, run, states):
    wait_for(f"run {run} to be {states[0]}", lambda: trust.sql("SELECT state = ANY(%s) FROM payout.run WHERE id = %s", list(states), run)[0][0], 900, 0.01)


def baseline(trust, run):
    """Seconds of one plain INSERT ... SELECT of the lines, and one of the postings."""
    connection = psycopg2.connect(trust.database)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("DROP SCHEMA IF EXISTS plain CASCADE; CREATE SCHEMA plain")
    cursor.execute("CREATE TABLE plain.run_line (LIKE payout.run_line); ALTER TABLE plain.run_line ADD PRIMARY KEY (run, member_id)")
    cursor.execute("CREATE TABLE plain.posting (LIKE payout.posting); ALTER TABLE plain.posting ADD PRIMARY KEY (month, owner_id, txn_id, line)")
    begin = time.perf_counter()
    cursor.execute("INSERT INTO plain.run_line SELECT * FROM payout.run_line WHERE run = %s", (run,))
    lines = cursor.rowcount
    cursor.execute("INSERT INTO plain.posting SELECT p.* FROM payout.posting AS p JOIN payout.run AS r ON r.txn_id = p.txn_id WHERE r.id = %s", (run,))
    took = time.perf_counter() - begin
    assert cursor.rowcount > lines
    connection.close()
    return took


def main():
    folder = tempfile.mkdtemp(prefix="commonhold-bench-run.")
    stack = Stack(folder)
    missed = 0
    try:
        trust = stack.trust({"durations": {"run_review_seconds": 0}})
        count = 1000
        while count <= LARGEST:
            day = Payday(trust, people=(), pool=f"bench-{count}")
            day.in_force(RULE)
            fill(day, count)
            run, took, memory = distribute(trust, day, count)
            (lines, total), = trust.sql("SELECT count(*), sum(minor) FROM payout.run_line WHERE run = %s", run)
            assert lines == count and trust.sql("SELECT total FROM payout.run WHERE id = %s", run)[0][0] == total
            plain, ours = baseline(trust, run), took["number"] + took["compute"] + took["post"]
            print(f"bench_run: {count} members: collected in {took['collect']:.2f} s; number {took['number']:.2f} s, compute and store {took['compute']:.2f} s, post {took['post']:.2f} s; "
                  f"{memory:.0f} MiB; plain insert {plain:.2f} s; {json.dumps({k: round(v, 3) for k, v in took.items()})}")
            if count == LARGEST:
                working = took["compute"] + took["post"]
                print(f"result: distribution of {count} members | {ours:.2f} s | - | <= {SECONDS}")
                print(f"result: distribution of {count} members, computing and posting | {working:.2f} s | {plain:.2f} plain insert | <= {RATIO}")
                missed += ours > SECONDS or working > RATIO * plain
            count *= 10
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
