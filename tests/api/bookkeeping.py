# SPDX-License-Identifier: AGPL-3.0-or-later
"""A trust with a licensee and a pool to invoice for, and a bank that pays: what tests of the books begin with."""
import datetime
import json
import uuid

from banking import Bank, detail, entry

PAY = "/payout/v1"
IBAN = "DE91100000000123456789"
TODAY = datetime.datetime.now(datetime.timezone.utc).date()
#: The first days of this month and of those before.
MONTHS = [TODAY.replace(day=1)]
for _ in range(3):
    MONTHS.append((MONTHS[-1] - datetime.timedelta(days=1)).replace(day=1))


def euro(minor):
    return {"minor": minor, "currency": "EUR"}


def slug(answer):
    return answer["type"].rsplit("/", 1)[1] if answer.status >= 400 else answer.headers["X-Commonhold-Outcome"]


def refused(answer, status, expected):
    assert (answer.status, slug(answer)) == (status, expected), answer.raw


class Books:
    """`tess` keeps the books; `lin` is somebody else; the signatory of `uni` is signed in as `uni`."""

    def __init__(self, trust, opening=0):
        self.trust, self.tess, self.lin = trust, trust["tess"], trust["lin"]
        self.uni = trust.register_organisation("uni", "University <b>of</b> \u202eNorth & \u0085Co", "NL", "university", "lin", vat_id="NL123456789B01")
        self.pool, self.pool_id = "air", str(uuid.uuid4())
        trust.unguarded(
            "INSERT INTO licensing.pool (pool_id, ref, title, state, schema, schema_canonical, schema_sha256, created_by) SELECT "
            f"'{self.pool_id}', '{self.pool}', 'Air', 'open', '{{}}', '{{}}', repeat('0', 64), '{self.pool_id}'",
            "INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, rows, "
            f"quality_ppm, decided_at) SELECT gen_random_uuid(), '{self.pool_id}', '{trust['ada'].subject}', 1, 'accepted', 'csv', '{{}}', '{{}}', '{{}}', 1, false, 10, 1000000, now()")
        self.bank = Bank(self.tess, "main", IBAN, opening)

    def line(self, net, first=None, last=None, **more):
        first = first or MONTHS[1]
        return {"text": "Readings", "net": euro(net), "pool": self.pool, "first": str(first), "last": str(last or MONTHS[0] - datetime.timedelta(days=1)), **more}

    def draft(self, *lines, **more):
        return self.tess.post(f"{PAY}/invoices", {"licensee": self.uni, "lines": list(lines), **more}).json

    def issue(self, *lines, **more):
        return self.tess.post(f"{PAY}/invoices/{self.draft(*lines, **more)['id']}/issue-invoice").json

    def invoice(self, net=100000, **more):
        """An issued invoice of one line at 19 %."""
        return self.issue(self.line(net, vat_category="S", vat_ppm=190000, **more))

    def pay(self, invoice, minor=None, fee=0):
        """The bank books a payment; what a rule does not match, the treasurer assigns."""
        minor = invoice["open"]["minor"] if minor is None else minor
        item, = self.bank.book(entry(minor - fee, str(uuid.uuid4())[:16], detail(minor - fee, ref=invoice["reference"], charges=fee or None)), total=minor - fee)
        if item["matches"][-1]["kind"] == "suspense":
            answer = self.tess.send("POST", f"{PAY}/bank-entries/{item['id']}/assign-entry", body={
                "kind": "receipt", "invoices": [{"invoice_id": invoice["id"], "amount": euro(minor)}], **({"fee": euro(fee)} if fee else {})})
            assert answer.status == 200, answer.raw
        return item

    def get(self, invoice):
        return self.tess.get(f"{PAY}/invoices/{invoice['id']}").json

    def send(self, path, body=None, client=None, **more):
        return (client or self.tess).send("POST", f"{PAY}/{path}", body=body, **more)

    def credit(self, invoice, **body):
        return self.send(f"invoices/{invoice['id']}/credit-invoice", {"reason": "Too much", **body})

    def balances(self):
        """Accounts that do not stand at zero, by path; the licensee is L."""
        return {path.replace(self.uni, "L"): minor for path, minor in self.trust.sql(
            "SELECT a.path, b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE b.minor <> 0")}

    def moved(self, deed):
        """What a deed changes, by account."""
        before = self.balances()
        deed()
        after = self.balances()
        return {path: after.get(path, 0) - before.get(path, 0) for path in {*before, *after} if after.get(path, 0) != before.get(path, 0)}

    def post(self, kind, *lines, **header):
        """One transaction by the journal's own function, as its owner books; its id."""
        sha, = self.trust.sql("SELECT payout.store_document(%s)", json.dumps({"test": str(uuid.uuid4())}))[0]
        outcome, body = self.trust.sql("SELECT (p).outcome, (p).body FROM (SELECT payout.post(%s, %s) AS p OFFSET 0) AS x", json.dumps(
            [{"kind": kind, "occurred_on": str(TODAY), "evidence_sha256": sha, **header}]), json.dumps([{"path": path, "minor": minor} for path, minor in lines]))[0]
        assert outcome == "posted", body
        return body["txns"][0]["txn_id"]

    def resolution(self, *spend, from_seconds=-60, until_seconds=None):
        """A policy in force that allows (account, most); its name."""
        name = str(uuid.uuid4())
        until = "NULL" if until_seconds is None else f"now() + interval '{until_seconds} s'"
        self.trust.unguarded("ALTER TABLE governance.policy DISABLE TRIGGER USER", "INSERT INTO governance.policy (id, title, body_text, spend, from_at, until_at, proposal_id) VALUES "
                             f"('{name}', 'P', 'P', '{json.dumps([{'account': a, 'max': euro(m)} for a, m in spend])}', now() + interval '{from_seconds} s', {until}, '{name}')")
        return name

    def book(self, resolution, *lines, **more):
        return self.send("transactions", {"text": "By hand", "resolution": resolution, "postings": [{"account": a, "amount": euro(m)} for a, m in lines], **more})

    def distributed(self, invoice):
        """As if a run had taken all that was paid of the invoice and were posted: rows as payout.post_run leaves them, without its posting. What it took."""
        run = str(uuid.uuid4())
        net, = self.trust.sql("SELECT sum(minor)::bigint FROM payout.distributable_slice WHERE invoice_id = %s", invoice["id"])[0]
        self.trust.unguarded(
            "INSERT INTO payout.run (id, run_id, pool_id, pool, service_month, rule, rule_version, rule_sha256, state, currency, pot, carried_in, rail_fees, inputs_sha256, result_hash, "
            f"confirmed_by, ended_at, txn_id, outcome, carried) SELECT '{run}', 'run-' || md5('{run}'), '{self.pool_id}', '{self.pool}', '{MONTHS[1]}', 'main', 1, repeat('0', 64), 'posted', "
            f"'EUR', {net}, 0, 0, repeat('0', 64), repeat('0', 64), '{self.tess.subject}', now(), '{run}', 'ok', 0",
            f"INSERT INTO payout.run_receipt (receipt_slice_id, run, minor) SELECT receipt_slice_id, '{run}', minor FROM payout.distributable_slice WHERE invoice_id = '{invoice['id']}'")
        return net
