# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_seal.sh: measures, prints one line a figure, exits 1 when a bar is missed."""
import hashlib
import os
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
import psycopg2  # noqa: E402
from stack import Stack, query  # noqa: E402

CONTRIBUTIONS, LARGEST = int(os.environ["CONTRIBUTIONS"]), int(os.environ["LARGEST"])
BAR, POOL, MONTH = 10, "'00000000-0000-7000-8000-%012d'", "date '2026-01-01'"


def tree(hashes):
    """Root over leaf hashes, as RFC 6962 defines it."""
    while len(hashes) > 1:
        pairs = [hashlib.sha256(b"\x01" + hashes[i] + hashes[i + 1]).digest() for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(hashes) - len(hashes) % 2:]
    return hashes[0].hex()


class Bench:
    def __init__(self, stack):
        query(stack.admin, "CREATE DATABASE bench TEMPLATE template_trust")
        self.connection = psycopg2.connect(stack.conninfo("bench"))
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()

    def run(self, statement):
        self.cursor.execute(statement)
        return self.cursor.fetchall() if self.cursor.description else None

    def took(self, statement):
        begin = time.perf_counter()
        rows = self.run(statement)
        return time.perf_counter() - begin, rows

    def fill(self, pool, contributions, days, grants=1):
        """A line for each contribution, day and grant."""
        self.run(f"INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, units) SELECT {pool}, {MONTH} + d, "
                 f"('00000000-0000-7000-8001-' || lpad(g::text, 12, '0'))::uuid, 'rows', ('00000000-0000-7000-9000-' || lpad(c::text, 12, '0'))::uuid, 1 + (c * 7 + d) % 5 "
                 f"FROM generate_series(0, {days - 1}) AS d, generate_series(1, {grants}) AS g, generate_series(1, {contributions}) AS c")
        self.run("VACUUM ANALYZE metering.usage_day")

    def cpu(self):
        """Seconds that the session's process has computed, which say more than the clock where others compute too."""
        fields = pathlib.Path(f"/proc/{self.connection.info.backend_pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def seal(self, pool):
        """Seconds of closing, of sealing, and of computing in both."""
        before = self.cpu()
        closing, _ = self.took(f"SELECT metering.close_usage({pool}, 'bench', {MONTH}, NULL)")
        sealing, rows = self.took(f"SELECT (metering.seal_usage({pool}, 'bench', {MONTH}, NULL)).outcome")
        assert rows == [("sealed",)]
        return closing, sealing, self.cpu() - before

    def check(self, pool):
        lines = self.run(f"SELECT contribution_id::text, grant_id::text, meter, units FROM metering.sealed_usage WHERE pool_id = {pool}")
        leaves = sorted(f'{{"contribution":"{c}","grant":"{g}","meter":"{m}","month":"2026-01","pool":"bench","units":{u}}}'.encode() for c, g, m, u in lines)
        assert self.run(f"SELECT root FROM metering.seal WHERE pool_id = {pool}") == [(tree([hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]),)]
        return len(leaves)


def contributions(bench, count):
    """Contributions of a pool with rows, for units that name none."""
    bench.run("SET session_replication_role = replica")
    bench.run(f"INSERT INTO licensing.pool (pool_id, ref, title, state, schema, schema_canonical, schema_sha256, created_by) SELECT {POOL % 3}, 'bench', 'Bench', 'open', '{{}}', '{{}}', "
              f"repeat('0', 64), {POOL % 3}")
    bench.run("INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, rows, quality_ppm, "
              f"decided_at) SELECT ('00000000-0000-7000-9000-' || lpad(c::text, 12, '0'))::uuid, {POOL % 3}, ('00000000-0000-7000-a000-' || lpad(c::text, 12, '0'))::uuid, 1, "
              f"'accepted', 'csv', '{{}}', '{{}}', '{{}}', 1, false, 1 + c % 977, 1000000, '2025-12-01Z' FROM generate_series(1, {count}) AS c")
    bench.run("SET session_replication_role = origin")
    bench.run("ANALYZE licensing.contribution")


def main():
    folder = tempfile.mkdtemp(prefix="commonhold-bench-seal.")
    stack = Stack(folder)
    missed = 0
    try:
        bench = Bench(stack)
        bench.fill(POOL % 1, CONTRIBUTIONS, 30)
        events, lines = bench.run(f"SELECT sum(units), count(*) FROM metering.usage_day WHERE pool_id = {POOL % 1}")[0]
        closing, sealing, cpu = bench.seal(POOL % 1)
        assert bench.check(POOL % 1) == CONTRIBUTIONS
        print(f"bench_seal: {events} units in {lines} lines of {CONTRIBUTIONS} contributions: closed in {closing:.3f} s, sealed in {sealing:.2f} s, {cpu:.2f} s computing")
        print(f"result: seal of a month, {CONTRIBUTIONS} contributions | {sealing:.2f} s | - | <= {BAR}")
        print(f"result: closing of it, adders waiting | {closing:.3f} s | - | <= 0.5")
        missed += sealing > BAR or closing > 0.5
        count = 1000
        while count <= LARGEST:
            pool = POOL % (10000 + count)
            bench.fill(pool, count // 10, 3, 10)
            _, sealing, cpu = bench.seal(pool)
            assert bench.check(pool) == count
            print(f"bench_seal: {count} lines sealed in {sealing:.2f} s, {cpu:.2f} s computing, {1e6 * cpu / count:.1f} us each")
            count *= 10
        contributions(bench, CONTRIBUTIONS)
        bench.run(f"INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, units) SELECT {POOL % 3}, {MONTH} + d, {POOL % 4}, m, 1000003 * (d + 1) FROM generate_series(0, 29) AS d, "
                  "unnest('{rows,bytes,seconds}'::text[]) AS m")
        _, sealing, cpu = bench.seal(POOL % 3)
        print(f"bench_seal: units that name no contribution spread over {CONTRIBUTIONS}, three meters: {bench.check(POOL % 3)} lines in {sealing:.2f} s, {cpu:.2f} s computing")
        missed += sealing > BAR
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
