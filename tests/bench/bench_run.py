# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_run.sh: measures, prints one line a figure, exits 1 when a bar is missed."""
import os
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "api"), str(ROOT / "tests" / "bench")]
import psycopg2  # noqa: E402
from reading import cpu_seconds  # noqa: E402
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
    contribution = f"('00000000-0000-7000-9{len(str(count)):03x}-' || lpad(to_hex(g), 12, '0'))::uuid"
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
    """The worker below the daemon and its sessions: their largest resident set since it was begun, processor time."""

    def __init__(self, trust):
        parent = trust.daemon.process.pid
        self.trust, self.children = trust, pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in [*self.children, *self.sessions()]:
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def sessions(self):
        return [pid for (pid,) in self.trust.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'ch_worker'")]

    def seconds(self):
        return cpu_seconds(self.children), cpu_seconds(self.sessions())

    def mebibytes(self):
        def peak(pid):
            lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        return [max(map(peak, pids)) / 1024 for pids in (self.children, self.sessions())]


def distribute(trust, day, count):
    """Seconds of collecting, and from frozen to posted, of which computing and posting; those of processor; MiB of the worker."""
    day.paid(count * 1037)
    trust.restart()
    meter = Meter(trust)
    begin = time.perf_counter()
    run = day.open_run()
    spent = []

    def wait(state):
        trust_wait(trust, run, state)
        spent.append(meter.seconds())
        return time.perf_counter()
    frozen = wait(("inputs_frozen", "numbered", "computed", "review", "posted"))
    numbered = wait(("numbered", "computed", "review", "posted"))
    review = wait(("review", "posted"))
    confirmed = wait_for("the review to be over", lambda: confirm(day, run), 60, 0.02)
    posted = wait(("posted",))
    cpu = [[after - before for before, after in zip(was, now)] for was, now in zip(spent[1:], spent[2:])]
    return run, {"collect": frozen - begin, "number": numbered - frozen, "compute": review - numbered, "post": posted - confirmed}, cpu, meter.mebibytes()


def confirm(day, run):
    answer = day.treasurer.send("POST", f"{PAY}/runs/{run}/confirm-run")
    return time.perf_counter() if answer.status == 200 else None


def trust_wait(trust, run, states):
    wait_for(f"run {run} to be {states[0]}", lambda: trust.sql("SELECT state = ANY(%s) FROM payout.run WHERE id = %s", list(states), run)[0][0], 900, 0.01)


def baseline(trust, run):
    """Seconds of one plain INSERT ... SELECT of the lines and one of the postings, and of their session's processor."""
    connection = psycopg2.connect(trust.database)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("DROP SCHEMA IF EXISTS plain CASCADE; CREATE SCHEMA plain")
    cursor.execute("CREATE TABLE plain.run_line (LIKE payout.run_line); ALTER TABLE plain.run_line ADD PRIMARY KEY (run, member_id)")
    cursor.execute("CREATE TABLE plain.posting (LIKE payout.posting); ALTER TABLE plain.posting ADD PRIMARY KEY (month, owner_id, txn_id, line)")
    session = [connection.get_backend_pid()]
    begin, before = time.perf_counter(), cpu_seconds(session)
    cursor.execute("INSERT INTO plain.run_line SELECT * FROM payout.run_line WHERE run = %s", (run,))
    lines = cursor.rowcount
    cursor.execute("INSERT INTO plain.posting SELECT p.* FROM payout.posting AS p JOIN payout.run AS r ON r.txn_id = p.txn_id WHERE r.id = %s", (run,))
    took = time.perf_counter() - begin, cpu_seconds(session) - before
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
            run, took, cpu, (worker, session) = distribute(trust, day, count)
            (lines, total), = trust.sql("SELECT count(*), sum(minor) FROM payout.run_line WHERE run = %s", run)
            assert lines == count and trust.sql("SELECT total FROM payout.run WHERE id = %s", run)[0][0] == total
            (plain, plain_cpu), working, working_cpu = baseline(trust, run), took["compute"] + took["post"], sum(map(sum, cpu))
            print(f"bench_run: {count} members: collected in {took['collect']:.2f} s; number {took['number']:.2f} s, compute and store {took['compute']:.2f} s, post {took['post']:.2f} s; "
                  f"plain insert {plain:.2f} s; {worker:.0f} MiB, session {session:.0f} MiB with its share of the server's buffers")
            print(f"bench_run: {count} members: seconds of processor: compute and store {cpu[0][0]:.2f} and {cpu[0][1]:.2f} in the session, post {cpu[1][1]:.2f}; plain insert {plain_cpu:.2f}", flush=True)
            if count == LARGEST:
                ours = took["number"] + working
                print(f"result: distribution of {count} members | {ours:.2f} s | - | <= {SECONDS}")
                print(f"result: distribution of {count} members, computing and posting | {working:.2f} s | {plain:.2f} plain insert | <= {RATIO}")
                print(f"result: the same by processor | {working_cpu:.2f} s | {plain_cpu:.2f} plain insert | <= {RATIO}")
                missed += ours > SECONDS or working > RATIO * plain
            count *= 10
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
