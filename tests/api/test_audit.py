# SPDX-License-Identifier: AGPL-3.0-or-later
"""The auditor against faults: one whole cycle through the real services is the base; then one thing at a time is changed behind the
services' back, and the audit must say exactly what, in both modes, and be silent again when it is undone."""
import contextlib
import hashlib
import json
import re
import subprocess
import sys

import psycopg2
import pytest

import cycle
import generate
from cycled import SEED
from stack import BIN, DEADLINE, ROOT, query, run, wait_for

AUDIT = BIN / "commonhold-audit"
CHECKS = {"A3", "A4", "B3", "L1", "L2", "L3", "L4", "M1", "O2"}
FIRED = {}


class Books:
    """A copy of the base: somebody with the server's files may change it."""

    def __init__(self, admin, name, template):
        self.admin, self.name = admin, name
        self.database = admin.replace("dbname=commonhold", f"dbname={name}")
        self.source = self.database.replace("user=commonhold", "user=ch_audit")
        query(admin, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        query(admin, f"CREATE DATABASE {name} TEMPLATE {template}")

    def drop(self):
        query(self.admin, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def sql(self, statement, *args):
        return query(self.database, statement, *args)

    def one(self, statement, *args):
        return self.sql(statement, *args)[0][0]

    def audit(self, *options):
        done = subprocess.run([AUDIT, "--source", self.source, "--report", "json", *options], capture_output=True, text=True,
                              timeout=DEADLINE)
        return done.returncode, json.loads(done.stdout) if done.returncode < 3 else done.stderr

    @contextlib.contextmanager
    def replica(self):
        """One transaction that few guards see."""
        with contextlib.closing(psycopg2.connect(self.database)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield cursor

    def change(self, tables, *statements):
        """Triggers and checks of the tables off, the statements, triggers on; what the tables held before is kept."""
        with self.replica() as cursor:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS kept")
            for table in tables:
                cursor.execute(f"CREATE TABLE kept.{table.replace('.', '_')} AS TABLE {table}")
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            if "payout.evidence" in tables:
                cursor.execute("ALTER TABLE payout.evidence DROP CONSTRAINT evidence_hash")
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount > 0, statement
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")

    def undo(self, tables):
        with self.replica() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE kept.{table.replace('.', '_')}")
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def told(report):
    """What a report says, but for times and what a person reads."""
    return [(f["check"], f["object_type"], f["object"], f["aspect"], f["expected"], f["found"], f["delta_minor"], f["direction"])
            for f in report["findings"]]


def moved(report):
    return {(t["check"], t["name"]): (t["minor"], t["count"]) for t in report["totals"] if t["count"]}


@pytest.fixture(scope="module")
def base(stack, tmp_path_factory):
    """One cycle through the API, the daemon stopped, one clean audit: the template of every test here."""
    trust = stack.trust(sign_in=False)
    folder = tmp_path_factory.mktemp("audit")
    run(sys.executable, ROOT / "deploy" / "demo" / "generate.py", folder / "data", "--sensors", "6", "--days", "1")
    (folder / "invites").write_text("".join(json.dumps(line) + "\n" for line in trust.invites))
    (folder / "charter.json").write_text(json.dumps(trust.charter))
    run(sys.executable, ROOT / "deploy" / "demo" / "cycle.py", "--base", f"http://127.0.0.1:{trust.port}", "--charter", folder / "charter.json",
        "--invites", folder / "invites", "--data", folder / "data", "--out", folder)
    trust.wait_sql("all leaves logged", "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")
    trust.stop()
    books = Books(stack.admin, "audit_base", trust.name)
    stack.release(trust)
    yield clean(books)
    books.drop()


@pytest.fixture
def books(stack, base):
    copy = Books(stack.admin, "audit_copy", base.name)
    yield copy
    copy.drop()


RUN = "(SELECT id FROM payout.run WHERE state = 'posted')"
DISTRIBUTION = "(SELECT txn_id FROM payout.txn WHERE kind = 'distribution')"


def payable(b):
    """(txn, line, member, minor, after, owner's account number) of the first member of the distribution."""
    return b.sql(f"SELECT p.txn_id::text, p.line, p.owner_id::text, p.minor, p.after_minor FROM payout.posting AS p JOIN payout.account AS a "
                 f"USING (owner_id, account_id) WHERE p.txn_id = {DISTRIBUTION} AND a.path LIKE '%%:Payable' ORDER BY p.line LIMIT 1")[0]


def posting_changed(b):
    txn, line, member, minor, after = payable(b)
    balance = b.one("SELECT minor FROM payout.balance JOIN payout.account USING (owner_id, account_id) WHERE path = %s", f"Liabilities:Member:{member}:Payable")
    run_id = b.one(f"SELECT {RUN}::text")
    return (["payout.posting"], [f"UPDATE payout.posting SET minor = minor - 1 WHERE txn_id = '{txn}' AND line = {line}"], [
        ("A3", "run", run_id, f"posting {member}", str(-minor), str(1 - minor), 1, "member"),
        ("L1", "txn", txn, "sum", "0", "-1", -1, "unknown"),
        ("L2", "account", f"Liabilities:Member:{member}:Payable", "balance", str(balance - 1), str(balance), 1, "member"),
        ("L2", "posting", f"{txn}/{line}", "after_minor", str(after - 1), str(after), 1, "unknown")])


def balance_edited(b):
    minor = b.one("SELECT minor FROM payout.balance JOIN payout.account USING (owner_id, account_id) WHERE path = 'Equity:Fund:Commons'")
    return (["payout.balance"], ["UPDATE payout.balance AS b SET minor = b.minor - 5 FROM payout.account AS a WHERE a.owner_id = b.owner_id AND "
                                 "a.account_id = b.account_id AND a.path = 'Equity:Fund:Commons'"],
            [("L2", "account", "Equity:Fund:Commons", "balance", str(minor), str(minor - 5), -5, "trust")])


def after_edited(b):
    txn, line, _, _, after = payable(b)
    return (["payout.posting"], [f"UPDATE payout.posting SET after_minor = after_minor + 3 WHERE txn_id = '{txn}' AND line = {line}"],
            [("L2", "posting", f"{txn}/{line}", "after_minor", str(after), str(after + 3), 3, "unknown")])


def payout_before_funding(b):
    rows = b.sql("SELECT t.kind, t.txn_id::text, t.txn_no, to_char(t.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM payout.txn "
                 "AS t WHERE t.kind IN ('distribution', 'batch_released') ORDER BY t.txn_no")
    (_, first, a, at), (_, second, z, later) = rows
    lines = b.sql("SELECT p.owner_id::text || '/' || p.account_id, p.line, p.minor FROM payout.posting AS p JOIN payout.account AS c USING (owner_id, "
                  "account_id) WHERE p.txn_id = %s AND c.path LIKE '%%:Payable'", second)
    expected = [("L4", "txn", first, "recorded_at", f">= {later}", at, None, None)]
    for account, line, minor in lines:
        expected.append(("L3", "txn", second, f"bound of account {account}", "<= 0", str(minor), minor, "unknown"))
        expected.append(("L2", "posting", f"{second}/{line}", "after_minor", str(minor), "0", -minor, "unknown"))
    bank = b.sql("SELECT p.owner_id::text || '/' || p.account_id, p.line, p.minor FROM payout.posting AS p JOIN payout.account AS c USING (owner_id, "
                 "account_id) WHERE p.txn_id = %s AND c.path NOT LIKE '%%:Payable' AND p.after_minor - p.minor <> 0", second)
    assert bank == []
    return (["payout.txn"], [f"UPDATE payout.txn SET txn_no = {a + z} - txn_no WHERE txn_no IN ({a}, {z})"], expected)


def middle_row_deleted(b):
    txn, no, evidence = b.sql("SELECT txn_id::text, txn_no, evidence_sha256 FROM payout.txn WHERE kind = 'receipt'")[0]
    entry, day = b.sql("SELECT entry_id::text, booked_on::text FROM payout.entry_match JOIN payout.bank_entry ON id = entry_id WHERE txn_id = %s", txn)[0]
    return (["payout.txn"], [f"DELETE FROM payout.txn WHERE txn_id = '{txn}'"], [
        ("B3", "bank_entry", entry, "date", day, "none", None, None), ("B3", "bank_entry", entry, "evidence", evidence, "none", None, None),
        ("L1", "txn", txn, "header", "a header", "none", None, None), ("L4", "txn_no", str(no), "gap", "a transaction", "none", None, None)])


def row_back_dated(b):
    txn, before, at = b.sql("SELECT t.txn_id::text, to_char(p.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), to_char((t.recorded_at - "
                            "'1 day'::interval) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM payout.txn AS t JOIN payout.txn AS p ON p.txn_no "
                            "= t.txn_no - 1 WHERE t.kind = 'distribution'")[0]
    return (["payout.txn"], [f"UPDATE payout.txn SET recorded_at = recorded_at - '1 day'::interval WHERE txn_id = '{txn}'"],
            [("L4", "txn", txn, "recorded_at", f">= {before}", at, None, None)])


def newest_row_deleted(b):
    txn, no = b.sql("SELECT txn_id::text, txn_no FROM payout.txn ORDER BY txn_no DESC LIMIT 1")[0]
    entry, day, evidence = b.sql("SELECT entry_id::text, booked_on::text, evidence_sha256 FROM payout.entry_match JOIN payout.bank_entry ON id = entry_id JOIN "
                                 "payout.txn USING (txn_id) WHERE txn_id = %s", txn)[0]
    return (["payout.txn"], [f"DELETE FROM payout.txn WHERE txn_id = '{txn}'"], [
        ("B3", "bank_entry", entry, "date", day, "none", None, None), ("B3", "bank_entry", entry, "evidence", evidence, "none", None, None),
        ("L1", "txn", txn, "header", "a header", "none", None, None), ("L4", "txn_no", str(no), "gap", "a transaction", "none", None, None)])


def usage_row(b):
    """(unit, run, rows, units, pool id, month, grant, meter, contribution, units of the line, units of the contribution, its member, the member's units)"""
    return b.sql(f"""SELECT s.pool_id || ' ' || s.month, {RUN}::text, s.lines, s.units, s.pool_id::text, s.month::text, u.grant_id::text, u.meter,
        u.contribution_id::text, u.units, (SELECT sum(x.units)::bigint FROM metering.sealed_usage AS x WHERE x.contribution_id = u.contribution_id), c.member_id::text,
        (SELECT sum(x.units)::bigint FROM metering.sealed_usage AS x JOIN licensing.contribution_overview AS o USING (contribution_id) WHERE o.member_id = c.member_id)
        FROM metering.seal AS s JOIN metering.sealed_usage AS u USING (pool_id, month) JOIN licensing.contribution_overview AS c USING (contribution_id)
        WHERE u.contribution_id IS NOT NULL ORDER BY u.units DESC, u.contribution_id LIMIT 1""")[0]


ROOT_OF = "[0-9a-f]{64}"


def usage_findings(r, lines, units, root, run_root):
    unit, run_id = r[0], r[1]
    out = []
    for kind, name, text in (("seal", unit, root), ("run", run_id, run_root)):
        if lines:
            out.append(("M1", kind, name, "rows", str(r[2] + lines), str(r[2]), None, None))
        if units:
            out.append(("M1", kind, name, "units", str(r[3] + units), str(r[3]), None, None))
        out.append(("M1", kind, name, "usage_root", re.compile(ROOT_OF), text, None, None))
    return out


def usage_line(r, contribution, change):
    return [("M1", "run", r[1], f"units of contribution {contribution}", str(r[10] + change), str(r[10]), None, None),
            ("M1", "run", r[1], f"units of recipient {r[11]}", str(r[12] + change), str(r[12]), None, None)]


def usage_id(r):
    return f"{r[4]} {r[5][:7]} {r[6]} {r[7]} {r[8]}"


def where(r):
    return f"pool_id = '{r[4]}' AND month = '{r[5]}' AND grant_id = '{r[6]}' AND meter = '{r[7]}' AND contribution_id = '{r[8]}'"


def seal_root(b):
    return b.one("SELECT root FROM metering.seal")


def usage_added(b):
    r, root = usage_row(b), seal_root(b)
    new = "0198aaaa-0000-7000-8000-000000000000"
    return (["metering.sealed_usage"], [f"INSERT INTO metering.sealed_usage VALUES ('{r[4]}', '{r[5]}', '{r[6]}', '{r[7]}', '{new}', 7)"],
            usage_findings(r, 1, 7, root, root) + [
                ("M1", "run", r[1], f"units of contribution {new}", "7", "0", None, None),
                ("M1", "usage", f"{r[4]} {r[5][:7]} {r[6]} {r[7]} {new}", "units", "0", "7", None, None)])


def usage_dropped(b):
    r, root = usage_row(b), seal_root(b)
    return (["metering.sealed_usage"], [f"DELETE FROM metering.sealed_usage WHERE {where(r)}"],
            usage_findings(r, -1, -r[9], root, root) + usage_line(r, r[8], -r[9]) + [("M1", "usage", usage_id(r), "units", str(r[9]), "0", None, None)])


def usage_moved(b):
    r, root = usage_row(b), seal_root(b)
    before = b.one("SELECT to_char(%s::date - '1 month'::interval, 'YYYY-MM-DD')", r[5])
    return (["metering.sealed_usage"], [f"UPDATE metering.sealed_usage SET month = '{before}' WHERE {where(r)}"],
            usage_findings(r, -1, -r[9], root, root) + usage_line(r, r[8], -r[9]) + [
                ("M1", "usage", usage_id(r), "units", str(r[9]), "0", None, None),
                ("M1", "usage", usage_id(r).replace(r[5][:7], before[:7]), "units", "0", str(r[9]), None, None),
                ("M1", "seal", f"{r[4]} {before}", "seal", "a seal", "none", None, None)])


def lines_of_run(b):
    return b.sql(f"SELECT member_id::text, minor FROM payout.run_line WHERE run = {RUN} ORDER BY member_id LIMIT 2")


def line_changed(b):
    (member, minor), _ = lines_of_run(b)
    run_id = b.one(f"SELECT {RUN}::text")
    return (["payout.run_line"], [f"UPDATE payout.run_line SET minor = minor + 1 WHERE member_id = '{member}'"],
            [("A3", "run_line", f"{run_id}/{member}", "minor", str(minor), str(minor + 1), 1, "member")])


def line_text_changed(b):
    (member, minor), _ = lines_of_run(b)
    run_id = b.one(f"SELECT {RUN}::text")
    line = b.one("SELECT line FROM payout.run_line WHERE member_id = %s", member)
    other = line.replace(f'"amount":{minor}', f'"amount":{minor + 1}', 1)
    return (["payout.run_line"], [f"UPDATE payout.run_line SET line = '{other}' WHERE member_id = '{member}'"],
            [("A3", "run_line", f"{run_id}/{member}", "line", line, other, None, None)])


def inputs_edited(b):
    old, run_id = b.sql("SELECT inputs_sha256, id::text FROM payout.run WHERE state = 'posted'")[0]
    return (["payout.evidence"], [f"UPDATE payout.evidence SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), '\"equal\":1', '\"equal\":0'), 'UTF8') WHERE "
                                  f"sha256 = '{old}'"],
            [("A3", "run", run_id, "inputs document", old, re.compile(ROOT_OF), None, None)])


def slice_taken_out(b):
    run_id, pot = b.sql("SELECT id::text, pot FROM payout.run WHERE state = 'posted'")[0]
    minor = b.one("SELECT minor FROM payout.run_receipt ORDER BY receipt_slice_id LIMIT 1")
    return (["payout.run_receipt"], ["DELETE FROM payout.run_receipt WHERE receipt_slice_id = (SELECT min(receipt_slice_id) FROM payout.run_receipt)"],
            [("A4", "run", run_id, "pot", str(pot - minor), str(pot), minor, "member")])


def receipt_in_two_runs(b):
    """A second run says it has the pot of the first."""
    new = "0198bbbb-0000-7000-8000-000000000000"
    pot, lines, units, root, inputs = b.sql("SELECT r.pot, s.lines, s.units, s.root, r.inputs_sha256 FROM payout.run AS r JOIN metering.seal AS s ON s.pool_id = r.pool_id "
                                            "WHERE r.state = 'posted'")[0]
    assert inputs
    return (["payout.run"], [f"INSERT INTO payout.run (id, pool_id, pool, service_month, rule, rule_version, rule_sha256, state, currency, pot, carried_in, rail_fees, "
                             f"inputs_sha256, inputs_file_sha256) SELECT '{new}', pool_id, pool, service_month, rule, rule_version, rule_sha256, 'inputs_frozen', "
                             f"currency, pot, carried_in, 0, inputs_sha256, inputs_file_sha256 FROM payout.run"],
            [("A4", "run", new, "pot", "0", str(pot), pot, "member"), ("M1", "run", new, "rows", str(lines), "none", None, None),
             ("M1", "run", new, "units", str(units), "none", None, None), ("M1", "run", new, "usage_root", root, "none", None, None)]
            + ([("A4", "run", new, "frozen rail_fees", str(b.one("SELECT rail_fees FROM payout.run")), "0", None, None)] if b.one("SELECT rail_fees FROM payout.run") else []))


def iban_edited(b):
    batch, old = b.sql("SELECT id::text, file_sha256 FROM payout.batch WHERE file_sha256 IS NOT NULL")[0]
    return (["payout.evidence"], [f"UPDATE payout.evidence SET bytes = convert_to(regexp_replace(convert_from(bytes, 'UTF8'), "
                                  f"'(<CdtrAcct><Id><IBAN>..)[0-9]{{2}}', '\\100'), 'UTF8') WHERE sha256 = '{old}'"],
            [("O2", "batch", batch, "file", old, re.compile(ROOT_OF), None, None)])


def payment_changed(b):
    batch, payment, minor = b.sql("SELECT batch_id::text, id::text, minor FROM payout.payment ORDER BY id LIMIT 1")[0]
    return (["payout.payment"], [f"UPDATE payout.payment SET minor = minor + 1 WHERE id = '{payment}'"],
            [("O2", "batch", batch, f"amount of payment {payment}", str(minor + 1), str(minor), -1, "member")])


def approval_of_another_file(b):
    approval, batch, file = b.sql("SELECT a.id::text, a.batch_id::text, b.file_sha256 FROM payout.approval AS a JOIN payout.batch AS b ON b.id = a.batch_id ORDER BY a.id LIMIT 1")[0]
    other = "0" * 64
    return (["payout.approval"], [f"UPDATE payout.approval SET text = replace(text, '{file}', '{other}') WHERE id = '{approval}'"],
            [("O2", "batch", batch, f"file of approval {approval}", other, file, None, None)])


def receipt_entry(b):
    return b.sql("SELECT n.id::text, n.minor, n.reference, n.booked_on::text, n.detail->'details'->0->>'debtor_iban' FROM payout.bank_entry AS n JOIN payout.entry_match AS m ON "
                 "m.entry_id = n.id WHERE m.kind = 'receipt' ORDER BY n.id LIMIT 1")[0]


def entry_amount(b):
    entry, minor, _, _, _ = receipt_entry(b)
    return (["payout.bank_entry"], [f"UPDATE payout.bank_entry SET minor = minor + 1 WHERE id = '{entry}'"],
            [("B3", "bank_entry", entry, "amount", str(minor), str(minor + 1), 1, "trust")])


def entry_reference(b):
    entry, _, reference, _, _ = receipt_entry(b)
    return (["payout.bank_entry"], [f"UPDATE payout.bank_entry SET reference = 'RF18539007547034' WHERE id = '{entry}'"],
            [("B3", "bank_entry", entry, "reference", reference, "RF18539007547034", None, None)])


def entry_counter_account(b):
    entry, _, _, _, counter = receipt_entry(b)
    other = "FR1420041010050500013M02606"
    return (["payout.bank_entry"], [f"UPDATE payout.bank_entry SET detail = jsonb_set(detail, '{{details,0,debtor_iban}}', '\"{other}\"') WHERE id = '{entry}'"],
            [("B3", "bank_entry", entry, "counter_account", counter or "none", other, None, None)])


def entry_date(b):
    entry, _, _, day, _ = receipt_entry(b)
    other = b.one("SELECT (%s::date - 1)::text", day)
    return (["payout.bank_entry"], [f"UPDATE payout.bank_entry SET booked_on = booked_on - 1 WHERE id = '{entry}'"],
            [("B3", "bank_entry", entry, "date", day, other, None, None)])


def match_deleted(b):
    txn, line, minor = b.sql("SELECT p.txn_id::text, p.line, p.minor FROM payout.posting AS p JOIN payout.account AS a USING (owner_id, account_id) JOIN "
                             "payout.entry_match AS m ON m.txn_id = p.txn_id WHERE a.path LIKE 'Assets:Bank:%%' AND m.kind = 'receipt' ORDER BY p.txn_id LIMIT 1")[0]
    return (["payout.entry_match"], [f"DELETE FROM payout.entry_match WHERE txn_id = '{txn}'"],
            [("B3", "posting", f"{txn}/{line}", "entry", "0", str(minor), minor, "trust")])


# Pairs that cancel out in totals.

def unit_moved_between_lines(b):
    (first, a), (second, z) = lines_of_run(b)
    run_id = b.one(f"SELECT {RUN}::text")
    return (["payout.run_line"], [f"UPDATE payout.run_line SET minor = minor + CASE member_id WHEN '{first}' THEN 1 ELSE -1 END WHERE member_id IN ('{first}', '{second}')"],
            [("A3", "run_line", f"{run_id}/{first}", "minor", str(a), str(a + 1), 1, "member"),
             ("A3", "run_line", f"{run_id}/{second}", "minor", str(z), str(z - 1), -1, "member")])


def two_balances(b):
    have = dict(b.sql("SELECT path, minor FROM payout.balance JOIN payout.account USING (owner_id, account_id) WHERE path ~ '^(Equity|Income):' AND minor < -1 ORDER BY path "
                      "LIMIT 2"))
    paths = sorted(have)
    return (["payout.balance"], [f"UPDATE payout.balance AS b SET minor = b.minor + CASE a.path WHEN '{paths[0]}' THEN 1 ELSE -1 END FROM payout.account AS a WHERE "
                                 f"a.owner_id = b.owner_id AND a.account_id = b.account_id AND a.path IN ('{paths[0]}', '{paths[1]}')"],
            [("L2", "account", p, "balance", str(have[p]), str(have[p] + d), d, "trust") for p, d in zip(paths, (1, -1))])


def usage_between_contributions(b):
    rows = b.sql("SELECT pool_id::text, month::text, grant_id::text, meter, contribution_id::text, units FROM metering.sealed_usage WHERE units > 1 AND contribution_id IS NOT "
                 "NULL ORDER BY grant_id, meter, contribution_id LIMIT 2")
    r, root = usage_row(b), seal_root(b)
    expected = usage_findings(r, 0, 0, root, root)
    statements = []
    for (pool, month, grant, meter, contribution, units), d in zip(rows, (1, -1)):
        statements.append(f"UPDATE metering.sealed_usage SET units = units + {d} WHERE grant_id = '{grant}' AND meter = '{meter}' AND contribution_id = '{contribution}'")
        total, member, of_member = b.sql("SELECT (SELECT sum(units)::bigint FROM metering.sealed_usage WHERE contribution_id = c.contribution_id), c.member_id::text, (SELECT "
                                         "sum(x.units)::bigint FROM metering.sealed_usage AS x JOIN licensing.contribution_overview AS o USING (contribution_id) WHERE "
                                         "o.member_id = c.member_id) FROM licensing.contribution_overview AS c WHERE c.contribution_id = %s", contribution)[0]
        expected += [("M1", "run", r[1], f"units of contribution {contribution}", str(total + d), str(total), None, None),
                     ("M1", "run", r[1], f"units of recipient {member}", str(of_member + d), str(of_member), None, None),
                     ("M1", "usage", f"{pool} {month[:7]} {grant} {meter} {contribution}", "units", str(units), str(units + d), None, None)]
    return (["metering.sealed_usage"], statements, expected)


FAULTS = [posting_changed, balance_edited, after_edited, payout_before_funding, middle_row_deleted, row_back_dated, newest_row_deleted, usage_added, usage_dropped,
          usage_moved, line_changed, line_text_changed, inputs_edited, slice_taken_out, receipt_in_two_runs, iban_edited, payment_changed, approval_of_another_file,
          entry_amount, entry_reference, entry_counter_account, entry_date, match_deleted, unit_moved_between_lines, two_balances, usage_between_contributions]


def same(finding, expected):
    return all(e.fullmatch(f) if hasattr(e, "fullmatch") else f == e for f, e in zip(finding, expected))


def totals_of(expected):
    """Gains and losses side by side, never netted."""
    out = {}
    for check, _, _, _, _, _, delta, _ in expected:
        if delta:
            key = (check, "gain" if delta > 0 else "loss")
            minor, count = out.get(key, ("0", 0))
            out[key] = (str(int(minor) + abs(delta)), count + 1)
    return out


def is_told(books, fault, fired, *undone):
    """The fault, and nothing else, is told in both modes; undone, the audit (incremental with the options of `undone`, and full) is silent again."""
    tables, statements, expected = fault(books)
    books.change(tables, *statements)
    code, little = books.audit("--incremental", "--sweep", "all")
    assert code == 1, little
    expected = sorted(expected, key=lambda e: [str(getattr(x, "pattern", x)) for x in e[:4]])
    found = told(little)
    assert len(found) == len(expected) and all(same(f, e) for f, e in zip(found, expected)), "\n".join(
        ["found:", *map(str, found), "expected:", *map(str, expected)])
    assert moved(little) == totals_of(expected)
    code, whole = books.audit("--full")
    assert (code, told(whole), moved(whole)) == (1, found, moved(little))
    fired[fault.__name__] = sorted({f[0] for f in found})
    books.undo(tables)
    code, report = books.audit("--incremental", *undone)
    assert (code, told(report), moved(report)) == (0, [], {}), report
    code, report = books.audit("--full")
    assert (code, told(report)) == (0, []), report


def found(check, kind, name, aspect, expected, is_):
    """A finding that moves no money."""
    return (check, kind, name, aspect, expected, is_, None, None)


def clean(books, checks=()):
    """The full audit finds nothing, and each of these checks had something to look at."""
    code, report = books.audit("--full")
    assert (code, told(report), moved(report)) == (0, [], {}), report
    assert all(looked_at(report, check) > 0 for check in checks), report
    return books


def half_a_cycle(stack, trust, folder, *more):
    """From the first member to data that was read, and what more of the cycle's steps are named."""
    generate.write_week(folder / "data", SEED, 6, 1, 900)
    made = cycle.Cycle(trust, folder / "data")
    made.charter, made.out = stack.folder / f"{trust.name}.charter.json", folder
    for step in ("people_join", "pool_opens", "files_come_in", "corrupted_file_is_refused", "consents_are_given", "terms_are_voted", "licensees_apply",
                 "data_is_read", *more):
        getattr(made, step)()


def all_fired(fired, faults, checks, besides=()):
    """Each check told of at least one of the faults, none of another's but what is told `besides`."""
    if len(fired) < len(faults):
        pytest.skip("only some faults were run")
    for name, said in fired.items():
        print(f"{name:40} {' '.join(said)}")
    assert {check for said in fired.values() for check in said}.difference(besides) == checks


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_a_fault_is_told_and_nothing_else(books, fault):
    is_told(books, fault, FIRED, "--sweep", "all")


def test_every_check_fired():
    all_fired(FIRED, FAULTS, CHECKS)


def test_a_report_is_canonical_hashed_and_logged(books):
    code, report = books.audit("--full")
    assert code == 0
    digest = report.pop("hash")
    assert digest == hashlib.sha256(json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    assert report["schema"] == "audit-report/1" and {c["id"] for c in report["checks"] if not c["id"].startswith(("LIC-", "MET-"))} == CHECKS
    assert books.one("SELECT payload->>'sha256' FROM log.outbox WHERE payload->>'type' = 'audit_report' ORDER BY id DESC LIMIT 1") == digest
    assert books.one("SELECT report_sha256 FROM audit.run WHERE report_sha256 = %s", digest) == digest
    done = subprocess.run([AUDIT, "--full", "--source", books.source], capture_output=True, text=True, timeout=DEADLINE)
    assert done.stdout.startswith("OK: ")


def test_strict_does_not_pass_what_was_not_checked(books):
    code, report = books.audit("--full", "--strict")
    assert code == 3, report


def test_an_empty_database_is_clean(stack):
    books = Books(stack.admin, "audit_empty", "template_trust")
    try:
        for mode in ("--full", "--incremental"):
            code, report = books.audit(mode)
            assert (code, told(report), moved(report)) == (0, [], {}), report
    finally:
        books.drop()


@pytest.mark.parametrize("options", [("--full", "--incremental"), (), ("--full", "--checks", "L1,L9"), ("--full", "--sweep", "x"), ("--full", "--report", "pdf"),
                                     ("--full", "--no-such"), ("--full", "--as-of", "yesterday"), ("--full", "--checks", "")])
def test_wrong_arguments(base, options):
    assert base.audit(*options)[0] == 64


def test_a_role_that_may_write_is_refused(books):
    done = subprocess.run([AUDIT, "--full", "--source", books.database], capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 3 and "superuser" in done.stderr
    books.sql("GRANT UPDATE (minor) ON payout.balance TO ch_audit")
    code, error = books.audit("--full")
    assert code == 3 and "may write payout.balance" in error


def test_a_killed_audit_leaves_no_trace(books):
    progress = books.sql("SELECT * FROM audit.progress ORDER BY 1, 2")
    runs = books.sql("SELECT id FROM audit.run ORDER BY 1")
    books.change(["payout.run_line"], "UPDATE payout.run_line SET minor = minor + 1")
    with contextlib.closing(psycopg2.connect(books.database)) as blocker, blocker.cursor() as cursor:
        cursor.execute("LOCK TABLE payout.bank_entry IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen([AUDIT, "--full", "--source", books.source], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("the audit to wait", lambda: books.one("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ch_audit' AND "
                                                        "wait_event_type = 'Lock'"), DEADLINE, 0.05)
        process.kill()
        process.wait()
    wait_for("its sessions to end", lambda: books.one("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ch_audit'"), DEADLINE, 0.05)
    assert books.sql("SELECT * FROM audit.progress ORDER BY 1, 2") == progress
    assert books.sql("SELECT id FROM audit.run ORDER BY 1") == runs
    assert books.one("SELECT count(*) FROM audit.finding") == 0


def test_the_treasurers_files_are_compared(books, tmp_path):
    files = books.sql("SELECT e.bytes, s.statement_ref FROM payout.bank_statement AS s JOIN payout.evidence AS e ON e.sha256 = s.file_sha256 ORDER BY s.no")
    for number, (content, _) in enumerate(files):
        (tmp_path / f"{number}.xml").write_bytes(bytes(content))
    code, report = books.audit("--full", "--checks", "B3", "--statements", str(tmp_path), "--strict")
    assert (code, told(report)) == (0, []), report
    first = bytes(files[0][0])
    (tmp_path / "0.xml").write_bytes(first.replace(files[0][1].encode(), b"never-imported"))
    code, report = books.audit("--full", "--checks", "B3", "--statements", str(tmp_path))
    assert code == 1 and [f[3] for f in told(report)] == ["imported"]


def book(books, minor):
    """One more transaction, through the only writer of the journal."""
    answer = books.one("SELECT (payout.post(jsonb_build_array(jsonb_build_object('kind', 'bank_fee', 'occurred_on', current_date, 'evidence_sha256', "
                       "payout.store_evidence('text/plain', convert_to(%s, 'UTF8')))), jsonb_build_array(jsonb_build_object('path', 'Expenses:Fees:Bank', 'minor', %s), "
                       "jsonb_build_object('path', 'Liabilities:Creditor:bank', 'minor', -%s)))).outcome", f"fee {minor}", minor, minor)
    assert answer == "posted"


def looked_at(report, check):
    return next(c["objects"] for c in report["checks"] if c["id"] == check)


def test_an_incremental_audit_goes_on_where_the_last_one_ended(books):
    """What it finds along the way is what a full audit finds at the end."""
    old = books.one("SELECT count(*) FROM payout.txn")
    book(books, 11)
    code, report = books.audit("--incremental")
    assert (code, looked_at(report, "L1"), looked_at(report, "A3"), looked_at(report, "O2")) == (0, 1, 0, 0), report
    book(books, 12)
    book(books, 13)
    books.change(["payout.txn", "payout.posting"], "UPDATE payout.txn SET debit_minor = debit_minor + 1 WHERE debit_minor = 12",
                 "UPDATE payout.posting SET after_minor = after_minor + 1 WHERE minor = -13")
    code, little = books.audit("--incremental")
    assert code == 1 and looked_at(little, "L1") == 2
    book(books, 15)
    code, little = books.audit("--incremental")
    assert code == 1 and looked_at(little, "L1") == 1
    code, whole = books.audit("--full")
    assert (code, looked_at(whole, "L1")) == (1, old + 4)
    assert told(little) == told(whole) and moved(little) == moved(whole)
    assert {f[0] for f in told(whole)} == {"L1", "L2"}
