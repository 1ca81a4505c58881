# SPDX-License-Identifier: AGPL-3.0-or-later
"""A trust whose pool has been used and paid for, without the way there: contributions and sealed usage are put in place, money comes in by
bank statement. What tests of runs, clawbacks, holds and statements begin with."""
import datetime
import json
import uuid
import zlib

from bank import Bank, iban
from stack import eventually

PAY = "/payout/v1"
POOL = "wind"
FIELDS = {"fields": [{"name": "at", "type": "datetime", "title": "When", "description": "When.", "unit": "", "sensitivity": "none"}]}


def canonical(document):
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def equal_rule(**more):
    """Operations 15 %, solidarity 5 %, the rest in equal parts: D19 without its fees."""
    steps = [{"id": "ops", "kind": "percent", "to": "Income:OperationsShare", "of": "gross", "num": 15, "den": 100},
             {"id": "solidarity", "kind": "percent", "to": "Equity:Fund:Solidarity", "of": "gross", "num": 5, "den": 100},
             {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "parts": [{"share": 1, "weight": "equal"}], "leftover_to": "Equity:Fund:Commons"}]
    return {"schema": "benefit-rule/1", "rule": "main", "version": 2, "currency": "EUR", "steps": steps, "remainder": "largest_remainder/sha256", **more}


class Payday:
    """`people` are founders by their short names, each with one contribution."""

    def __init__(self, trust, people=("ada", "ben", "cem"), pool=POOL):
        self.trust, self.people, self.pool = trust, list(people), pool
        self.treasurer = trust["tess"]
        self.month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
        self.pool_id = str(uuid.uuid4())
        self.licensee, self.grant = str(uuid.uuid4()), str(uuid.uuid4())
        self.put_pool()
        self.bank = Bank(iban("DE", f"1000{zlib.crc32(pool.encode()):014d}"), "Trust")
        self.treasurer.post(f"{PAY}/bank-accounts", {"name": pool, "iban": self.bank.iban, "holder": "Trust"})

    def put_pool(self):
        put = [f"INSERT INTO licensing.pool (pool_id, ref, title, state, schema, schema_canonical, schema_sha256, created_by) SELECT '{self.pool_id}', '{self.pool}', 'Wind', "
               f"'open', '{{}}', '{{}}', repeat('0', 64), '{self.pool_id}'"]
        self.contributions = {}
        for name in self.people:
            self.contributions[name] = str(uuid.uuid4())
            put.append(self.contribution_row(self.contributions[name], self.trust[name].subject))
        self.trust.unguarded(*put)

    def contribution_row(self, identifier, member, quality=1000000, version=1):
        return ("INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, rows, "
                f"quality_ppm, decided_at) SELECT '{identifier}', '{self.pool_id}', '{member}', {version}, 'accepted', 'csv', '{{}}', '{{}}', '{{}}', 1, false, 10, {quality}, "
                "now() - interval '1 minute'")

    def add_contribution(self, name, quality=1000000):
        identifier = str(uuid.uuid4())
        self.trust.unguarded(self.contribution_row(identifier, self.trust[name].subject, quality, version=2))
        return identifier

    def member(self, name):
        return self.trust[name].subject

    def in_force(self, rule, seconds_ago=0):
        """The rule as if it had been voted; later calls are later versions."""
        text = canonical(rule)
        self.past_guards("governance.benefit_rule", "INSERT INTO governance.benefit_rule (id, rule, version, doc, canonical, sha256, from_at) SELECT gen_random_uuid(), "
                         f"'{rule['rule']}', (SELECT max(version) + 1 FROM governance.benefit_rule), t::jsonb, t, encode(sha256(convert_to(t, 'UTF8')), 'hex'), clock_timestamp() - interval '{seconds_ago} s' "
                         f"FROM (VALUES ($rule${text}$rule$)) AS v (t)")
        return rule

    def past_guards(self, table, statement):
        """A change of rows that their triggers refuse always."""
        self.trust.unguarded(f"ALTER TABLE {table} DISABLE TRIGGER USER", statement,
                             f"DO $$ DECLARE t name; BEGIN FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal LOOP "
                             f"EXECUTE format('ALTER TABLE {table} ENABLE ALWAYS TRIGGER %I', t); END LOOP; END $$")

    def seal(self, units, month=None, grant=None):
        """Seals a month with {contribution: units}."""
        first = f"{month or self.month}-01"
        rows = [f"INSERT INTO metering.closed_month (pool_id, month, pool, closed_at) VALUES ('{self.pool_id}', '{first}', '{self.pool}', now())",
                "INSERT INTO metering.seal (pool_id, month, pool, lines, units, late, root, sha256, sealed_at) VALUES "
                f"('{self.pool_id}', '{first}', '{self.pool}', {len(units)}, {sum(units.values())}, 0, repeat('ab', 32), repeat('cd', 32), now())",
                # rated already: these invoices are the test's own
                f"INSERT INTO payout.rated_seal (pool_id, month) VALUES ('{self.pool_id}', '{first}')"]
        rows += [f"INSERT INTO metering.sealed_usage (pool_id, month, grant_id, meter, contribution_id, units) VALUES ('{self.pool_id}', '{first}', '{grant or self.grant}', "
                 f"'rows', '{contribution}', {count})" for contribution, count in units.items() if count]
        self.trust.unguarded(*rows)

    def seal_equally(self, units=100):
        self.seal({contribution: units for contribution in self.contributions.values()})

    def invoice(self, net, month=None, licensee=None):
        """An issued invoice over one slice, without VAT."""
        month = month or self.month
        document = {"licensee": licensee or self.licensee, "currency": "EUR", "vat_country": "DE", "buyer": {"name": "Buyer", "country": "DE"}, "seller": {"name": "Trust"},
                    "net": net, "vat": 0, "gross": net, "vat_groups": [{"vat_category": "Z", "vat_ppm": 0, "base": net, "tax": 0}],
                    "lines": [{"text": "Usage", "units": 1, "net": net, "vat_category": "Z", "vat_ppm": 0, "vat": 0,
                               "slices": [{"pool_id": self.pool_id, "pool": self.pool, "month": f"{month}-01", "net": net}]}]}
        draft, = self.trust.sql("SELECT payout.draft_invoice(NULL, %s)", json.dumps(document))[0]
        return self.treasurer.post(f"{PAY}/invoices/{draft}/issue-invoice").json

    def import_statement(self):
        answer = self.treasurer.send("POST", f"{PAY}/bank-statements", raw=self.bank.statement(), headers={"Content-Type": "application/xml"})
        assert answer.status in (200, 201), answer.raw

    def paid(self, net, **more):
        """An invoice that was issued and paid."""
        invoice = self.invoice(net, **more)
        self.bank.receive(net, "Buyer", invoice["reference"])
        self.import_statement()
        return invoice

    def open_run(self, **more):
        return self.treasurer.post(f"{PAY}/runs", {"pool": self.pool, "month": self.month, **more}).json["id"]

    def run(self, identifier):
        return self.trust.public.get(f"{PAY}/runs/{identifier}").json

    def wait_run(self, identifier, state):
        return eventually(f"run {identifier} to be {state}", lambda: (lambda run: run if run["state"] == state else None)(self.run(identifier)))

    def post_run(self, identifier):
        self.wait_run(identifier, "review")
        eventually("the review to be over", lambda: self.treasurer.post(f"{PAY}/runs/{identifier}/confirm-run"))
        return self.wait_run(identifier, "posted")

    def distribute(self, net, **more):
        """Money comes in and is given out; the posted run."""
        self.paid(net)
        return self.post_run(self.open_run(**more))

    def balance(self, path):
        rows = self.trust.sql("SELECT b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path = %s", path)
        return rows[0][0] if rows else 0

    def of(self, name, account="Payable"):
        return self.balance(f"Liabilities:Member:{self.member(name)}:{account}")

    def give_account(self, name, number):
        """A payee account that may be paid to."""
        member = self.trust[name]
        made = member.post(f"{PAY}/payee-accounts", {"iban": iban("DE", f"{number:018d}"), "name": name}).json
        self.trust.unguarded(f"INSERT INTO payout.payee_account_event (id, kind, actor, usable_at) VALUES ('{made['id']}', 'confirmed', '{member.subject}', now() - interval '1 s')")
        return made["id"]
