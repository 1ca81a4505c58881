# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_books.sh: measures, prints one line a figure, exits 1 when a bar is missed."""
import glob
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
import psycopg2  # noqa: E402
from stack import Stack, query  # noqa: E402

SECONDS, ROUNDS, MEMBERS, INVOICES = (int(os.environ[n]) for n in ("SECONDS_EACH", "ROUNDS", "MEMBERS", "INVOICES"))
CLIENTS = (1, 8)
POST_BAR, ISSUE_BAR, TRIAL_BAR = 40, 200, 2.0
TREASURER, POOL, LICENSEE = (str(uuid.uuid4()) for _ in range(3))
#: Four lines on accounts of a thousand licensees and pools: only the counter is a row that all update, as pgbench's branch is.
POST = """\\set one random(1, 1000)
\\set two random(1, 1000)
\\set three random(1, 500)
\\set four random(501, 1000)
SELECT payout.post('[{"kind":"bench","occurred_on":"%s","evidence_sha256":"%s"}]', '[{"path":"Assets:Receivable:L:one","minor":11900},{"path":"Liabilities:VAT:X:two","minor":-1900},
{"path":"Liabilities:Pool:P:three:Invoiced","minor":-9000},{"path":"Liabilities:Pool:P:four:Invoiced","minor":-1000}]');
"""


def say(text):
    """One figure, with how busy the machine was."""
    print(f"{text}, load {os.getloadavg()[0]:.1f}", flush=True)


class Bench:
    def __init__(self, stack):
        self.stack, self.processed = stack, {"bench": 0, "tpcb": 0}
        for name in ("bench", "tpcb"):
            query(stack.admin, f"CREATE DATABASE {name}" + (" TEMPLATE template_trust" if name == "bench" else ""))
        self.pgbench = sorted(glob.glob("/usr/lib/postgresql/*/bin/pgbench"))[-1]
        self.connection = self.connect()
        self.cursor = self.connection.cursor()
        # who is treasurer is governance's: here one person is, and the charter says the currency
        self.run("ALTER EVENT TRIGGER commonhold_ddl DISABLE")
        self.run("CREATE OR REPLACE FUNCTION governance.is_office(p_member uuid, p_body text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS "
                 f"$$ SELECT p_member = '{TREASURER}' AND p_body = 'treasurer' $$")
        self.run("CREATE OR REPLACE FUNCTION payout.currency() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'EUR' $$")

    def connect(self):
        connection = psycopg2.connect(self.stack.conninfo("bench"))
        connection.autocommit = True
        return connection

    def run(self, statement, *args):
        self.cursor.execute(statement, args or None)
        return self.cursor.fetchall() if self.cursor.description else None

    def rate(self, database, clients, script=None):
        told = subprocess.run([self.pgbench, "-n", "-c", str(clients), "-j", "2", "-T", str(SECONDS), *(["-f", script] if script else []), self.stack.conninfo(database)],
                              capture_output=True, text=True, check=True).stdout
        self.processed[database] += int(re.search(r"actually processed: (\d+)", told)[1])
        return float(re.search(r"^tps = ([\d.]+)", told, re.M)[1])


def post(bench, folder):
    """Medians of alternating rounds; every booking is counted afterwards."""
    subprocess.run([bench.pgbench, "-i", "-q", "-s", "1", bench.stack.conninfo("tpcb")], check=True, capture_output=True)
    sha, = bench.run("SELECT payout.store_evidence('text/plain', 'x')")[0]
    script = folder / "post.sql"
    script.write_text(POST % (time.strftime("%Y-%m-%d", time.gmtime()), sha))
    bench.rate("bench", 2, script)
    worst = 100.0
    for clients in CLIENTS:
        pairs = [(bench.rate("tpcb", clients), bench.rate("bench", clients, script)) for _ in range(ROUNDS)]
        base, ours = (statistics.median(pair[n] for pair in pairs) for n in (0, 1))
        percent = statistics.median(100 * mine / other for other, mine in pairs)
        say(f"post: {clients} clients: TPC-B {base:.0f}/s, payout.post {ours:.0f}/s, {percent:.0f} % (bar {POST_BAR} %)")
        worst = min(worst, percent)
    assert bench.run("SELECT count(*), max(txn_no), (SELECT last_no FROM payout.txn_counter) FROM payout.txn") == [(bench.processed["bench"],) * 3]
    assert bench.run("SELECT sum(minor) FROM payout.balance") == [(0,)]
    return worst >= POST_BAR


def issue(bench):
    document = {"licensee": LICENSEE, "currency": "EUR", "vat_country": "DE", "buyer": {"name": "Buyer", "country": "DE"}, "seller": {"name": "Trust", "country": "DE"}, "net": 10000,
                "vat": 1900, "gross": 11900, "vat_groups": [{"vat_category": "S", "vat_ppm": 190000, "base": 10000, "tax": 1900}],
                "lines": [{"text": "Readings", "units": n, "net": 5000, "vat_category": "S", "vat_ppm": 190000, "vat": 950,
                           "slices": [{"pool_id": POOL, "pool": "air", "month": "2026-01-01", "net": 5000}]} for n in (1, 2)]}
    drafts = [ident for ident, in bench.run("SELECT payout.draft_invoice(NULL, %s)::text FROM generate_series(1, %s)", json.dumps(document), INVOICES)]
    barrier = threading.Barrier(51)

    def client(some):
        connection = bench.connect()
        cursor = connection.cursor()
        barrier.wait()
        for ident in some:
            cursor.execute("SELECT (payout.issue_invoice(%s, NULL, %s)).outcome", (TREASURER, ident))
            assert cursor.fetchone() == ("issued",)
        connection.close()
    threads = [threading.Thread(target=client, args=(drafts[n::50],)) for n in range(50)]
    for thread in threads:
        thread.start()
    barrier.wait()
    begin = time.perf_counter()
    for thread in threads:
        thread.join()
    rate = INVOICES / (time.perf_counter() - begin)
    gaps, = bench.run("SELECT max(no) - count(*) FROM payout.invoice WHERE state = 'issued'")[0]
    count, = bench.run("SELECT count(*) FROM payout.invoice WHERE state = 'issued'")[0]
    say(f"issue: 50 clients: {rate:.0f} invoices a second (bar {ISSUE_BAR}), {count} issued, gaps {gaps}")
    return rate >= ISSUE_BAR and gaps == 0 and count == INVOICES


def trial(bench):
    """A million members with a payable each; half of them moved after the day that is asked for."""
    bench.run("SELECT payout.make_partition(d::date) FROM unnest(ARRAY['2026-01-01', '2026-02-01']) AS d")
    for table in ("txn", "posting", "txn_202601", "posting_202601", "txn_202602", "posting_202602"):
        bench.run(f"ALTER TABLE payout.{table} DISABLE TRIGGER USER")
    bench.run("INSERT INTO payout.account (owner_id, path, kind, min_minor, max_minor) SELECT m, 'Liabilities:Member:' || m || ':Payable', 'liability', -9007199254740991, 0 "
              f"FROM (SELECT md5(n::text)::uuid AS m FROM generate_series(1, {MEMBERS}) AS n) AS x")
    bench.run("INSERT INTO payout.balance (owner_id, account_id, minor, version, min_minor, max_minor, class) SELECT owner_id, account_id, -700, 2, min_minor, max_minor, ':Payable' FROM payout.account "
              "WHERE kind = 'liability' AND owner_id <> '00000000-0000-0000-0000-000000000000'")
    for month, part, minor in (("2026-01-01", "true", -500), ("2026-02-01", "a.account_id %% 2 = 0", -200)):
        txn = str(uuid.uuid4())
        bench.run("INSERT INTO payout.txn (month, txn_id, txn_no, kind, occurred_on, recorded_at, evidence_sha256, postings, debit_minor) SELECT %s, %s, last_no + 1, 'bench', %s, now(), "
                  "repeat('0', 64), 2, 1 FROM payout.txn_counter", month, txn, month)
        bench.run("INSERT INTO payout.posting (month, owner_id, account_id, txn_id, line, minor, after_minor) SELECT %s, owner_id, account_id, %s, row_number() OVER (), %s, %s FROM "
                  f"payout.account AS a WHERE owner_id <> '00000000-0000-0000-0000-000000000000' AND {part}", month, txn, minor, minor)
    bench.run("VACUUM ANALYZE payout.account")
    bench.run("VACUUM ANALYZE payout.balance")
    bench.run("VACUUM ANALYZE payout.posting")
    good = True
    for day in (None, "2026-01-31"):
        took = []
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            (body,), = bench.run("SELECT (payout.trial_balance(%s, %s)).body", TREASURER, day)
            took.append(time.perf_counter() - begin)
        row = next(a for a in body["accounts"] if a["path"] == "Liabilities:Member:*:Payable")
        assert row["accounts"] == MEMBERS and row["balance"]["minor"] == -700 * MEMBERS + (200 * (MEMBERS // 2) if day else 0), row
        say(f"trial balance {day or 'now'}: {MEMBERS} member accounts: {statistics.median(took):.2f} s (bar {TRIAL_BAR} s)")
        good = good and statistics.median(took) <= TRIAL_BAR
    return good


def main():
    with tempfile.TemporaryDirectory(prefix="bench_books.") as folder:
        os.chmod(folder, 0o711)
        stack = Stack(folder, durable=True)
        try:
            bench = Bench(stack)
            # all of them run, whatever the first comes to
            good = [post(bench, pathlib.Path(folder)), issue(bench), trial(bench)]
        finally:
            stack.close()
    sys.exit(not all(good))


main()
