# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of the ledger's arithmetic, sealed usage, run lines, pots, bank files and bank entries: checks L1 to L4, M1, A3, A4, O2, B3."""
import re

from faults import HEX, Fault, told

RUN = "(SELECT id FROM payout.run WHERE state = 'posted' ORDER BY opened_at LIMIT 1)"
DISTRIBUTION = f"(SELECT txn_id FROM payout.run WHERE id = {RUN})"


def runs(b):
    """Those that count, oldest first."""
    return [run for run, in b.sql("SELECT id::text FROM payout.run WHERE state = 'posted' ORDER BY opened_at")]


def payable(b):
    """(txn, line, member, minor, after, owner's account number) of the first member of the distribution."""
    return b.sql(f"SELECT p.txn_id::text, p.line, p.owner_id::text, p.minor, p.after_minor FROM payout.posting AS p JOIN payout.account AS a "
                 f"USING (owner_id, account_id) WHERE p.txn_id = {DISTRIBUTION} AND a.path LIKE '%%:Payable' ORDER BY p.line LIMIT 1")[0]


def posting_changed(b):
    txn, line, member, minor, after = payable(b)
    balance = b.one("SELECT minor FROM payout.balance JOIN payout.account USING (owner_id, account_id) WHERE path = %s", f"Liabilities:Member:{member}:Payable")
    run_id = b.one(f"SELECT {RUN}::text")
    return Fault(["payout.posting"], [f"UPDATE payout.posting SET minor = minor - 1 WHERE txn_id = '{txn}' AND line = {line}"], [
        ("A3", "run", run_id, f"posting {member}", str(-minor), str(1 - minor), 1, "member"),
        ("L1", "txn", txn, "sum", "0", "-1", -1, "unknown"),
        ("L2", "account", f"Liabilities:Member:{member}:Payable", "balance", str(balance - 1), str(balance), 1, "member"),
        ("L2", "posting", f"{txn}/{line}", "after_minor", str(after - 1), str(after), 1, "unknown")])


def balance_edited(b):
    minor = b.one("SELECT minor FROM payout.balance JOIN payout.account USING (owner_id, account_id) WHERE path = 'Equity:Fund:Commons'")
    return Fault(["payout.balance"], ["UPDATE payout.balance AS b SET minor = b.minor - 5 FROM payout.account AS a WHERE a.owner_id = b.owner_id AND "
                                 "a.account_id = b.account_id AND a.path = 'Equity:Fund:Commons'"],
            [("L2", "account", "Equity:Fund:Commons", "balance", str(minor), str(minor - 5), -5, "trust")])


def after_edited(b):
    txn, line, _, _, after = payable(b)
    return Fault(["payout.posting"], [f"UPDATE payout.posting SET after_minor = after_minor + 3 WHERE txn_id = '{txn}' AND line = {line}"],
            [("L2", "posting", f"{txn}/{line}", "after_minor", str(after), str(after + 3), 3, "unknown")])


def payout_before_funding(b):
    rows = b.sql("SELECT t.kind, t.txn_id::text, t.txn_no, to_char(t.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM payout.txn "
                 "AS t WHERE t.kind IN ('distribution', 'batch_released') ORDER BY t.txn_no LIMIT 2")
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
    return Fault(["payout.txn"], [f"UPDATE payout.txn SET txn_no = {a + z} - txn_no WHERE txn_no IN ({a}, {z})"], expected)


def txn_deleted(b, txn, no):
    """The header of a transaction is gone; what the bank says of it is not."""
    entries = b.sql("SELECT entry_id::text, booked_on::text, evidence_sha256 FROM payout.entry_match JOIN payout.bank_entry ON id = entry_id JOIN payout.txn USING (txn_id) WHERE txn_id = %s", txn)
    return Fault(["payout.txn"], [f"DELETE FROM payout.txn WHERE txn_id = '{txn}'"],
                 [told("B3", "bank_entry", entry, aspect, was, "none") for entry, day, evidence in entries for aspect, was in (("date", day), ("evidence", evidence))]
                 + [told("L1", "txn", txn, "header", "a header", "none"), told("L4", "txn_no", str(no), "gap", "a transaction", "none"), told("T2", "txn", txn, "object", "an object", "none")])


def middle_row_deleted(b):
    return txn_deleted(b, *b.sql("SELECT txn_id::text, txn_no FROM payout.txn WHERE kind = 'hold' ORDER BY txn_no LIMIT 1")[0])


def row_back_dated(b):
    txn, before, at = b.sql("SELECT t.txn_id::text, to_char(p.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), to_char((p.recorded_at - '1 ms'::interval) AT TIME ZONE 'UTC', "
                            "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM payout.txn AS t JOIN payout.txn AS p ON p.txn_no = t.txn_no - 1 WHERE t.kind = 'hold' ORDER BY t.txn_no LIMIT 1")[0]
    return Fault(["payout.txn"], [f"UPDATE payout.txn SET recorded_at = '{at}' WHERE txn_id = '{txn}'"], [told("L4", "txn", txn, "recorded_at", f">= {before}", at)])


def newest_row_deleted(b):
    return txn_deleted(b, *b.sql("SELECT txn_id::text, txn_no FROM payout.txn ORDER BY txn_no DESC LIMIT 1")[0])


def usage_row(b):
    """(unit, run, rows, units, pool id, month, grant, meter, contribution, units of the line, units of the contribution, its member, the member's units)"""
    return b.sql(f"""SELECT s.pool_id || ' ' || s.month, {RUN}::text, s.lines, s.units, s.pool_id::text, s.month::text, u.grant_id::text, u.meter,
        u.contribution_id::text, u.units, (SELECT sum(x.units)::bigint FROM metering.sealed_usage AS x WHERE x.contribution_id = u.contribution_id), c.member_id::text,
        (SELECT sum(x.units)::bigint FROM metering.sealed_usage AS x JOIN licensing.contribution_overview AS o USING (contribution_id) WHERE o.member_id = c.member_id)
        FROM metering.seal AS s JOIN metering.sealed_usage AS u USING (pool_id, month) JOIN licensing.contribution_overview AS c USING (contribution_id)
        WHERE u.contribution_id IS NOT NULL ORDER BY u.units DESC, u.contribution_id LIMIT 1""")[0]


def usage_findings(b, r, lines, units):
    """Of the seal, and of every run over its month."""
    root, out = seal_root(b), []
    for kind, name, text in [("seal", r[0], root)] + [("run", run, root) for run in runs(b)]:
        if lines:
            out.append(("M1", kind, name, "rows", str(r[2] + lines), str(r[2]), None, None))
        if units:
            out.append(("M1", kind, name, "units", str(r[3] + units), str(r[3]), None, None))
        out.append(("M1", kind, name, "usage_root", HEX, text, None, None))
    return out


def usage_line(b, r, contribution, change):
    return [told("M1", "run", run, f"units of {who}", str(was + change), str(was)) for run in runs(b)
            for who, was in ((f"contribution {contribution}", r[10]), (f"recipient {r[11]}", r[12]))]


def usage_id(r):
    return f"{r[4]} {r[5][:7]} {r[6]} {r[7]} {r[8]}"


def where(r):
    return f"pool_id = '{r[4]}' AND month = '{r[5]}' AND grant_id = '{r[6]}' AND meter = '{r[7]}' AND contribution_id = '{r[8]}'"


def seal_root(b):
    return b.one("SELECT root FROM metering.seal")


def rating(b, r, change):
    """What the licensee was billed for is no longer what was sealed."""
    units = b.one(f"SELECT sum(units)::bigint FROM metering.sealed_usage WHERE grant_id = '{r[6]}' AND meter = '{r[7]}'")
    return told("R1", "rating", f"{r[4]} {r[5][:7]} {r[6]}", f"units of meter {r[7]}", str(units + change), str(units))


def one_licensee_less(b, r):
    count = b.one(f"SELECT count(DISTINCT grant_id) FROM metering.sealed_usage WHERE contribution_id = '{r[8]}'")
    return [told("M3", "run", run, f"distinct licensees of contribution {r[8]}", str(count - 1), str(count)) for run in runs(b)]


def usage_added(b):
    r = usage_row(b)
    new = "0198aaaa-0000-7000-8000-000000000000"
    return Fault(["metering.sealed_usage"], [f"INSERT INTO metering.sealed_usage VALUES ('{r[4]}', '{r[5]}', '{r[6]}', '{r[7]}', '{new}', 7)"],
            usage_findings(b, r, 1, 7) + [
                *(told("M1", "run", run, f"units of contribution {new}", "7", "0") for run in runs(b)),
                rating(b, r, 7), told("M1", "usage", f"{r[4]} {r[5][:7]} {r[6]} {r[7]} {new}", "units", "0", "7")])


def usage_dropped(b):
    r = usage_row(b)
    return Fault(["metering.sealed_usage"], [f"DELETE FROM metering.sealed_usage WHERE {where(r)}"],
            usage_findings(b, r, -1, -r[9]) + usage_line(b, r, r[8], -r[9]) + one_licensee_less(b, r) + [rating(b, r, -r[9]), ("M1", "usage", usage_id(r), "units", str(r[9]), "0", None, None)])


def usage_moved(b):
    r = usage_row(b)
    before = b.one("SELECT to_char(%s::date - '1 month'::interval, 'YYYY-MM-DD')", r[5])
    return Fault(["metering.sealed_usage"], [f"UPDATE metering.sealed_usage SET month = '{before}' WHERE {where(r)}"],
            usage_findings(b, r, -1, -r[9]) + usage_line(b, r, r[8], -r[9]) + one_licensee_less(b, r) + [rating(b, r, -r[9]),
                ("M1", "usage", usage_id(r), "units", str(r[9]), "0", None, None),
                ("M1", "usage", usage_id(r).replace(r[5][:7], before[:7]), "units", "0", str(r[9]), None, None),
                ("M1", "seal", f"{r[4]} {before}", "seal", "a seal", "none", None, None)])


def lines_of_run(b):
    return b.sql(f"SELECT member_id::text, minor FROM payout.run_line WHERE run = {RUN} ORDER BY member_id LIMIT 2")


def line_changed(b):
    (member, minor), _ = lines_of_run(b)
    run_id = b.one(f"SELECT {RUN}::text")
    return Fault(["payout.run_line"], [f"UPDATE payout.run_line SET minor = minor + 1 WHERE run = '{run_id}' AND member_id = '{member}'"],
            [("A3", "run_line", f"{run_id}/{member}", "minor", str(minor), str(minor + 1), 1, "member")])


def line_text_changed(b):
    (member, minor), _ = lines_of_run(b)
    run_id = b.one(f"SELECT {RUN}::text")
    line = b.one("SELECT line FROM payout.run_line WHERE run = %s AND member_id = %s", run_id, member)
    other = line.replace(f'"amount":{minor}', f'"amount":{minor + 1}', 1)
    return Fault(["payout.run_line"], [f"UPDATE payout.run_line SET line = '{other}' WHERE run = '{run_id}' AND member_id = '{member}'"],
            [("A3", "run_line", f"{run_id}/{member}", "line", line, other, None, None)])


def inputs_edited(b):
    old, run_id, total = b.sql("SELECT inputs_sha256, id::text, total FROM payout.run WHERE state = 'posted' ORDER BY opened_at LIMIT 1")[0]
    return Fault(["payout.evidence"], [f"UPDATE payout.evidence SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), '\"equal\":1', '\"equal\":0'), 'UTF8') WHERE "
                                  f"sha256 = '{old}'"],
            [told("A3", "run", run_id, "inputs document", old, HEX), told("L8", "evidence", old, "bytes", old, HEX),
             told("A5", "run", run_id, "leftover in step people", str(total), "0", -total, "trust")])


def slice_taken_out(b):
    run_id, pot = b.sql("SELECT id::text, pot FROM payout.run WHERE state = 'posted' ORDER BY opened_at LIMIT 1")[0]
    slice_id, minor = b.sql("SELECT receipt_slice_id, minor FROM payout.run_receipt WHERE run = %s ORDER BY receipt_slice_id LIMIT 1", run_id)[0]
    return Fault(["payout.run_receipt"], [f"DELETE FROM payout.run_receipt WHERE receipt_slice_id = {slice_id}"],
            [("A4", "run", run_id, "pot", str(pot - minor), str(pot), minor, "member")])


def receipt_in_two_runs(b):
    """A second run says it has the pot of the first."""
    new = "0198bbbb-0000-7000-8000-000000000000"
    pot, lines, units, root, inputs = b.sql("SELECT r.pot, s.lines, s.units, s.root, r.inputs_sha256 FROM payout.run AS r JOIN metering.seal AS s ON s.pool_id = r.pool_id "
                                            f"WHERE r.id = {RUN}")[0]
    reserve = -b.one("SELECT minor FROM payout.balance JOIN payout.account USING (owner_id, account_id) WHERE path = 'Equity:Reserve:Legal'")
    assert inputs and reserve
    return Fault(["payout.run"], [f"INSERT INTO payout.run (id, pool_id, pool, service_month, rule, rule_version, rule_sha256, state, currency, pot, carried_in, rail_fees, "
                             f"inputs_sha256, inputs_file_sha256) SELECT '{new}', pool_id, pool, service_month, rule, rule_version, rule_sha256, 'inputs_frozen', "
                             f"currency, pot, carried_in, 0, inputs_sha256, inputs_file_sha256 FROM payout.run WHERE id = {RUN}"],
            [("A4", "run", new, "pot", "0", str(pot), pot, "member"), ("M1", "run", new, "rows", str(lines), "none", None, None),
             ("M1", "run", new, "units", str(units), "none", None, None), ("M1", "run", new, "usage_root", root, "none", None, None),
             told("A6", "run", new, "balance of Equity:Reserve:Legal", str(reserve), "0", -reserve, "trust"), told("T2", "run_inputs", new, "leaves", "1", "0")])


def receipt_entry(b):
    return b.sql("SELECT n.id::text, n.minor, n.reference, n.booked_on::text, n.detail->'details'->0->>'debtor_iban' FROM payout.bank_entry AS n JOIN payout.entry_match AS m ON "
                 "m.entry_id = n.id WHERE m.kind = 'receipt' ORDER BY n.id LIMIT 1")[0]


def entry_amount(b):
    entry, minor, _, _, _ = receipt_entry(b)
    statement, total, receipt = b.sql("SELECT s.id::text, (SELECT sum(x.minor)::bigint FROM payout.bank_entry AS x WHERE x.statement_id = s.id), m.txn_id::text FROM payout.bank_entry AS n JOIN "
                                      "payout.bank_statement AS s ON s.id = n.statement_id JOIN payout.entry_match AS m ON m.entry_id = n.id WHERE n.id = %s", entry)[0]
    return Fault(["payout.bank_entry"], [f"UPDATE payout.bank_entry SET minor = minor + 1 WHERE id = '{entry}'"], [
        told("B1", "bank_statement", statement, "entries", str(total), str(total + 1), 1, "trust"), told("B3", "bank_entry", entry, "amount", str(minor), str(minor + 1), 1, "trust"),
        told("R3", "receipt", receipt, "Assets:Bank:main", str(minor + 1), str(minor), -1, "trust"),
        told("R3", "receipt", receipt, "Liabilities:Suspense:Unmatched", "-1", "0", 1, "trust")])


def entry_reference(b):
    entry, _, reference, _, _ = receipt_entry(b)
    return Fault(["payout.bank_entry"], [f"UPDATE payout.bank_entry SET reference = 'RF18539007547034' WHERE id = '{entry}'"],
            [("B3", "bank_entry", entry, "reference", reference, "RF18539007547034", None, None)])


def entry_counter_account(b):
    entry, _, _, _, counter = receipt_entry(b)
    other = "FR1420041010050500013M02606"
    return Fault(["payout.bank_entry"], [f"UPDATE payout.bank_entry SET detail = jsonb_set(detail, '{{details,0,debtor_iban}}', '\"{other}\"') WHERE id = '{entry}'"],
            [("B3", "bank_entry", entry, "counter_account", counter or "none", other, None, None)])


def entry_date(b):
    entry, _, _, day, _ = receipt_entry(b)
    other = b.one("SELECT (%s::date - 1)::text", day)
    return Fault(["payout.bank_entry"], [f"UPDATE payout.bank_entry SET booked_on = booked_on - 1 WHERE id = '{entry}'"],
            [("B3", "bank_entry", entry, "date", day, other, None, None)])


def match_deleted(b):
    """Of an entry that nobody has explained."""
    txn, line, minor, entry = b.sql("SELECT p.txn_id::text, p.line, p.minor, m.entry_id::text FROM payout.posting AS p JOIN payout.account AS a USING (owner_id, account_id) JOIN "
                                    "payout.entry_match AS m ON m.txn_id = p.txn_id WHERE a.path LIKE 'Assets:Bank:%' AND m.kind = 'suspense' AND NOT EXISTS (SELECT FROM "
                                    "payout.entry_match AS o WHERE o.entry_id = m.entry_id AND o.step > m.step)")[0]
    return Fault(["payout.entry_match"], [f"DELETE FROM payout.entry_match WHERE txn_id = '{txn}'"], [
        told("B3", "posting", f"{txn}/{line}", "entry", "0", str(minor), minor, "trust"), told("B4", "bank_entry", entry, "matches", "one", "none"),
        told("L5", "event", re.compile("bank_entry [0-9a-f]{64}"), "event", "an event", "none"), told("R3", "txn", txn, "document", "a document", "none")])


# Pairs that cancel out in totals.

def unit_moved_between_lines(b):
    (first, a), (second, z) = lines_of_run(b)
    run_id = b.one(f"SELECT {RUN}::text")
    return Fault(["payout.run_line"], [f"UPDATE payout.run_line SET minor = minor + CASE member_id WHEN '{first}' THEN 1 ELSE -1 END WHERE run = '{run_id}' AND member_id IN ('{first}', '{second}')"],
            [("A3", "run_line", f"{run_id}/{first}", "minor", str(a), str(a + 1), 1, "member"),
             ("A3", "run_line", f"{run_id}/{second}", "minor", str(z), str(z - 1), -1, "member")])


def two_balances(b):
    have = dict(b.sql("SELECT path, minor FROM payout.balance JOIN payout.account USING (owner_id, account_id) WHERE path ~ '^(Equity|Income):' AND minor < -1 ORDER BY path "
                      "LIMIT 2"))
    paths = sorted(have)
    return Fault(["payout.balance"], [f"UPDATE payout.balance AS b SET minor = b.minor + CASE a.path WHEN '{paths[0]}' THEN 1 ELSE -1 END FROM payout.account AS a WHERE "
                                 f"a.owner_id = b.owner_id AND a.account_id = b.account_id AND a.path IN ('{paths[0]}', '{paths[1]}')"],
            [("L2", "account", p, "balance", str(have[p]), str(have[p] + d), d, "trust") for p, d in zip(paths, (1, -1))])


def usage_between_contributions(b):
    rows = b.sql("SELECT pool_id::text, month::text, grant_id::text, meter, contribution_id::text, units FROM metering.sealed_usage WHERE units > 1 AND contribution_id IS NOT "
                 "NULL ORDER BY grant_id, meter, contribution_id LIMIT 2")
    r = usage_row(b)
    expected = usage_findings(b, r, 0, 0)
    statements = []
    for (pool, month, grant, meter, contribution, units), d in zip(rows, (1, -1)):
        statements.append(f"UPDATE metering.sealed_usage SET units = units + {d} WHERE grant_id = '{grant}' AND meter = '{meter}' AND contribution_id = '{contribution}'")
        total, member, of_member = b.sql("SELECT (SELECT sum(units)::bigint FROM metering.sealed_usage WHERE contribution_id = c.contribution_id), c.member_id::text, (SELECT "
                                         "sum(x.units)::bigint FROM metering.sealed_usage AS x JOIN licensing.contribution_overview AS o USING (contribution_id) WHERE "
                                         "o.member_id = c.member_id) FROM licensing.contribution_overview AS c WHERE c.contribution_id = %s", contribution)[0]
        expected += [told("M1", "run", run, f"units of {who}", str(was + d), str(was)) for run in runs(b)
                     for who, was in ((f"contribution {contribution}", total), (f"recipient {member}", of_member))]
        expected += [("M1", "usage", f"{pool} {month[:7]} {grant} {meter} {contribution}", "units", str(units), str(units + d), None, None)]
    return Fault(["metering.sealed_usage"], statements, expected)


FAULTS = [posting_changed, balance_edited, after_edited, payout_before_funding, middle_row_deleted, row_back_dated, newest_row_deleted, usage_added, usage_dropped,
          usage_moved, line_changed, line_text_changed, inputs_edited, slice_taken_out, receipt_in_two_runs, entry_amount, entry_reference, entry_counter_account,
          entry_date, match_deleted, unit_moved_between_lines, two_balances, usage_between_contributions]


