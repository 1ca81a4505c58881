# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_statement.sh: measures, prints one line a figure, exits 1 when a bar is missed."""
import os
import pathlib
import re
import shutil
import sys
import tempfile

os.environ.setdefault("LARGEST", "0")
from bench_run import RULE, fill  # noqa: E402
from reading import cpu_seconds  # noqa: E402
from stack import Stack  # noqa: E402
from running import PAY, Payday  # noqa: E402

LINES, MEMBERS, RUNS = (int(os.environ[name]) for name in ("LINES", "MEMBERS", "RUNS"))
BAR, ROUNDS = 20, 300
PEOPLE = ("ada", "ben", "cem")


def other_lines(day, count):
    """So many journal lines of other members in months before this one."""
    each = 1000000
    for n, first in enumerate(range(0, count, each)):
        month = day.trust.sql("SELECT (date_trunc('month', now()) - %s * interval '1 month')::date::text", n + 1)[0][0]
        day.trust.sql("SELECT payout.make_partition(%s)", month)
        partition = f"payout.posting_{month[:4]}{month[5:7]}"
        day.trust.unguarded(f"ALTER TABLE {partition} DISABLE TRIGGER USER",
                            f"INSERT INTO {partition} (month, owner_id, account_id, txn_id, line, minor, after_minor) SELECT "
                            f"'{month}', ('00000000-0000-7000-a000-' || lpad(to_hex(1 + g % {MEMBERS}), 12, '0'))::uuid, 1 + g, md5((g / 1000)::text)::uuid, 1 + (g % 1000)::integer, -1, -1 "
                            f"FROM generate_series({first}::bigint, {min(first + each, count) - 1}) AS g")
    day.trust.sql("VACUUM ANALYZE payout.posting")


def processor(trust):
    """Seconds of processor of the daemon's processes, and of the role's sessions, so far."""
    parent = trust.daemon.process.pid
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return cpu_seconds(children), cpu_seconds([pid for (pid,) in trust.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'ch_payout'")])


def main():
    folder = tempfile.mkdtemp(prefix="commonhold-bench-statement.")
    stack = Stack(folder)
    missed = 0
    try:
        trust = stack.trust({"durations": {"run_review_seconds": 0}})
        day = Payday(trust, people=PEOPLE)
        day.in_force(RULE)
        fill(day, MEMBERS)
        trust.unguarded(*[f"INSERT INTO metering.sealed_usage (pool_id, month, grant_id, meter, contribution_id, units) VALUES ('{day.pool_id}', '{day.month}-01', '{day.grant}', 'rows', "
                          f"'{contribution}', 4711)" for contribution in day.contributions.values()])
        runs = [day.distribute(MEMBERS * 1013 + n)["id"] for n in range(RUNS)]
        other_lines(day, LINES)
        (lines,), = trust.sql("SELECT count(*) FROM payout.posting")
        mark, before = len(trust.log_text()), processor(trust)
        for n in range(ROUNDS):
            statement = trust[PEOPLE[n % 3]].get(f"{PAY}/statements/{runs[n % RUNS]}").json
            assert statement["amount"] == statement["line"]["amount"] == statement["trace"]["steps"][1]["amount"]
        service, session = ((now - was) * 1000 / ROUNDS for was, now in zip(before, processor(trust)))
        took = sorted(float(ms) for ms in re.findall(r"route=/payout/v1/statements/\{id\} status=200 outcome=ok ms=([0-9.]+)", trust.log_text()[mark:]))
        assert len(took) == ROUNDS
        p95 = took[int(0.95 * ROUNDS)]
        print(f"bench_statement: {lines} journal lines, {MEMBERS} members, {RUNS} runs: median {took[ROUNDS // 2]:.1f} ms, p95 {p95:.1f} ms, longest {took[-1]:.1f} ms")
        print(f"bench_statement: milliseconds of processor for one: service {service:.1f}, its session {session:.1f}")
        print(f"result: statement, {lines} journal lines, p95 of server time | {p95:.1f} ms | - | <= {BAR}")
        missed = p95 > BAR
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
