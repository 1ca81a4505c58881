# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_camt.sh: measures, prints one line a figure, exits 1 under the bar."""
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from banking import Bank, Batch, detail, entry  # noqa: E402
from stack import Daemon, Stack, wait_for  # noqa: E402

ROWS, BAR = int(os.environ["ROWS"]), int(os.environ["BAR"])
IBAN = "DE91100000000123456789"

#: Issued invoices as payout.issue_invoice leaves them, in bulk: %(n)s of 100.00 to 10 licensees, numbered from %(first)s.
INVOICES = """
WITH new AS (
    INSERT INTO payout.invoice (id, kind, series, no, licensee, state, currency, issued_on, due_on, net, vat, gross, vat_country, buyer, seller, doc_sha256, reference)
    SELECT gen_random_uuid(), 'INV', 'INV-2026', g, ('00000000-0000-7000-8000-00000000000' || g %% 10)::uuid, 'issued', 'EUR', current_date, current_date, 10000, 1900, 11900,
        'DE', '{}', '{}', payout.store_document('{}'), payout.rf_reference('2026' || lpad(g::text, 8, '0'))
    FROM generate_series(%(first)s, %(first)s + %(n)s - 1) AS g RETURNING id, no),
line AS (INSERT INTO payout.invoice_line (invoice_id, line, text, units, net, vat_category, vat_ppm, vat) SELECT id, 1, 'x', 1, 10000, 'S', 190000, 1900 FROM new RETURNING invoice_id)
INSERT INTO payout.revenue_slice (invoice_id, line, pool_id, service_month, pool, net)
SELECT l.invoice_id, 1, 'cccccccc-0000-7000-8000-000000000000', '2026-10-01', 'p', 10000 FROM line AS l"""
OWED = """SELECT (payout.post(jsonb_build_array(jsonb_build_object('kind', 'test', 'occurred_on', current_date, 'evidence_sha256', payout.store_document('{}'))),
    (SELECT jsonb_agg(jsonb_build_object('path', 'Assets:Receivable:00000000-0000-7000-8000-00000000000' || g, 'minor', 11900 * %(n)s::bigint)) FROM generate_series(0, 9) AS g)
    || jsonb_build_array(jsonb_build_object('path', 'Liabilities:Pool:p:Invoiced', 'minor', -100000 * %(n)s::bigint),
        jsonb_build_object('path', 'Liabilities:VAT:DE', 'minor', -19000 * %(n)s::bigint)))).outcome"""


class Peak(threading.Thread):
    """Watches the worker and the sessions of its role."""

    def __init__(self, worker, trust):
        super().__init__(daemon=True)
        self.worker, self.sessions, self.own, self.session, self.cpu, self.ended = worker, set(), 0, 0, 0.0, False
        self.find = lambda: {row[0] for row in trust.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'ch_worker' AND datname = current_database()")}

    @staticmethod
    def field(pid, name):
        try:
            return next(int(line.split()[1]) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name))
        except (OSError, StopIteration):
            return 0

    def spent(self):
        """CPU seconds of the worker and its sessions so far: what a busy machine does not blur."""
        children = pathlib.Path(f"/proc/{self.worker}/task/{self.worker}/children").read_text().split()
        ticks = 0
        for pid in [*children, *self.sessions]:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def run(self):
        self.sessions = self.find()
        self.cpu = -self.spent()
        while not self.ended:
            children = pathlib.Path(f"/proc/{self.worker}/task/{self.worker}/children").read_text().split()
            self.own = max([self.own] + [self.field(pid, "VmHWM") for pid in [self.worker, *children]])
            self.session = max([self.session] + [self.field(pid, "RssAnon") for pid in self.sessions])
            time.sleep(0.1)


class Bench:
    def __init__(self, folder):
        self.stack = Stack(folder)
        self.trust = self.stack.trust()
        self.trust.stop()
        self.trust.start("governance", "payout", "portal")  # the worker is a process of its own
        founder = next(f["ref"] for f in self.trust.charter["founders"] if "treasurer" in f["offices"])
        self.treasurer = self.trust[founder]
        self.bank = Bank(self.treasurer, "main", IBAN, 10**12)
        self.inbox = self.stack.folder / "inbox"
        self.inbox.mkdir(exist_ok=True)
        self.next = 1

    def prepare(self, rows):
        """The file of `rows` entries, and all it is about."""
        paid, own = rows * 8 // 10, rows // 10
        self.trust.sql(INVOICES % {"first": self.next, "n": paid})
        assert self.trust.sql(OWED % {"n": paid}) == [("posted",)]
        references = dict(self.trust.sql("SELECT no, reference FROM payout.invoice WHERE no BETWEEN %s AND %s", self.next, self.next + paid - 1))
        batch = Batch(self.trust, self.treasurer, self.bank, [100] * own)
        items, total = [], 0
        for i in range(rows):
            number = self.next + i
            if i < rows * 6 // 10:
                items.append(entry(11900, f"r{number}", detail(11900, ref=references[number], payer="NL05TEST0417164300", e2e="NOTPROVIDED")))
                total += 11900
            elif i < paid:
                items.append(entry(11900, f"r{number}", detail(11900, text=f"licence fee, invoice 2026-{number:06d}", payer="NL05TEST0417164300")))
                total += 11900
            elif i < paid + own:
                items.append(entry(-100, f"r{number}", detail(-100, e2e=batch.payments[i - paid]["e2e"], uetr=batch.payments[i - paid]["uetr"])))
                total -= 100
            else:
                items.append(entry(4711, f"r{number}", detail(4711, text="thank you all", payer="FR1420041010050500013M02606")))
                total += 4711
        self.next += rows
        raw = self.bank.file(*items, total=total)
        self.bank.balance += total
        self.bank.sequence += 1
        return raw

    def take(self, rows):
        raw = self.prepare(rows)
        self.trust.sql("ANALYZE")
        worker = Daemon(self.trust.config, 0, self.stack.folder / "worker.log", ("worker",))
        try:
            wait_for("the worker", lambda: self.trust.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'ch_worker' AND datname = current_database()"), 30)
            time.sleep(1)
            peak = Peak(worker.process.pid, self.trust)
            peak.start()
            name = f"{uuid.uuid4()}.xml"
            (self.stack.folder / name).write_bytes(raw)
            (self.stack.folder / name).rename(self.inbox / name)
            self.trust.sql("SELECT job.enqueue('read_inbox', 'inbox', '{}')")
            began = time.monotonic()
            wait_for("the import", lambda: (self.inbox / "done" / name).exists() or (self.inbox / "refused" / name).exists(), 300, 0.02)
            spent = time.monotonic() - began
            peak.cpu += peak.spent()
            peak.ended = True
            peak.join()
        finally:
            worker.stop()
        matched = dict(self.trust.sql("SELECT m.kind, count(*) FROM payout.entry_match AS m JOIN payout.bank_entry AS e ON e.id = m.entry_id WHERE e.statement_id = "
                                      "(SELECT id FROM payout.bank_statement ORDER BY no DESC LIMIT 1) GROUP BY 1"))
        assert matched == {"receipt": rows * 8 // 10, "payment": rows // 10, "suspense": rows // 10}, matched
        return spent, peak.cpu, peak.own, peak.session, len(raw)


def main(folder):
    bench = Bench(folder)
    try:
        print(f"{'entries':>10} {'file MiB':>9} {'seconds':>9} {'CPU s':>7} {'entries/s':>10} {'worker KiB':>11} {'session KiB':>12}")
        for rows in (ROWS // 100, ROWS // 10, ROWS):
            spent, cpu, own, session, size = bench.take(rows)
            rate = rows / spent
            print(f"{rows:>10} {size / 2**20:>9.1f} {spent:>9.2f} {cpu:>7.2f} {rate:>10.0f} {own:>11} {session:>12}", flush=True)
        print(f"result: camt.053, {ROWS} entries | {rate:.0f} entries/s | - | >= {BAR}")
        print(f"result: camt.053, worker's memory | {own} KiB | - | <= {128 * 1024}")
        return 0 if rate >= BAR and own <= 128 * 1024 else 1
    finally:
        bench.stack.close()


if __name__ == "__main__":
    made = tempfile.mkdtemp(prefix="bench_camt.")
    os.chmod(made, 0o711)
    try:
        code = main(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    sys.exit(code)
