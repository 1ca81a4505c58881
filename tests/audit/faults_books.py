# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of the books: L5 to L8, R1 to R3, B1 to B6, X1."""
import re

from faults import HEX, Fault, redefined, told

OTHER = "0198cccc-0000-7000-8000-000000000000"
BANK = "Assets:Bank:main"


def invoice(b, number, series="INV"):
    """(id, its transaction) of an invoice of this year."""
    return b.sql("SELECT id::text, txn_id::text FROM payout.invoice WHERE series LIKE %s AND no = %s", f"{series}-%", number)[0]


def priced(b):
    """The rated invoice and two of its lines: (id, (line, net), (line, net), name of its rating)."""
    rows = b.sql("SELECT l.invoice_id::text, l.line, l.net, l.charge, l.class, r.pool_id || ' ' || to_char(r.month, 'YYYY-MM') || ' ' || r.grant_id FROM payout.rating AS r JOIN "
                 "payout.invoice_line AS l USING (invoice_id) ORDER BY l.net DESC LIMIT 2")
    return rows[0][0], rows[0][5], [(line, net, f"line {charge} {kind}") for _, line, net, charge, kind, _ in rows]


def entry(b, kind, step=1):
    """(entry, amount, statement, transaction of the step) of the first entry that was matched so."""
    return b.sql("SELECT n.id::text, n.minor, n.statement_id::text, m.txn_id::text FROM payout.entry_match AS m JOIN payout.bank_entry AS n ON n.id = m.entry_id WHERE m.kind = %s AND "
                 "m.step = %s ORDER BY n.id LIMIT 1", kind, step)[0]


def account(path):
    return f"(owner_id, account_id) = (SELECT owner_id, account_id FROM payout.account WHERE path = '{path}')"


def balance(b, path):
    return b.one("SELECT b.minor FROM payout.balance AS b JOIN payout.account AS a USING (owner_id, account_id) WHERE a.path = %s", path)


def booked(b, txn):
    """{path: amount} of a transaction."""
    return dict(b.sql("SELECT a.path, sum(p.minor)::bigint FROM payout.posting AS p JOIN payout.account AS a USING (owner_id, account_id) WHERE p.txn_id = %s GROUP BY 1", txn))


# -- L5: events and keys ------------------------------------------------------------------

def event_of_another_invoice(b):
    """The journal's note of an invoice names an invoice that is none, so that the first could be booked again."""
    first, txn = invoice(b, 1)
    return Fault(["payout.txn_ref"], [f"UPDATE payout.txn_ref SET external_ref = '{OTHER}' WHERE kind = 'invoice' AND external_ref = '{first}'"],
                 [told("L5", "event", f"invoice {OTHER}", "event", "an event", "none"), told("R2", "invoice", first, "event", txn, "none")])


def release_booked_by_another(b):
    batch, txn = b.sql("SELECT external_ref, txn_id::text FROM payout.txn_ref WHERE kind = 'batch_release' ORDER BY 1 LIMIT 1")[0]
    other = b.one("SELECT txn_id::text FROM payout.txn WHERE kind = 'bank_fee'")
    return Fault(["payout.txn_ref"], [f"UPDATE payout.txn_ref SET txn_id = '{other}' WHERE kind = 'batch_release' AND external_ref = '{batch}'"],
                 [told("L5", "event", f"batch_release {batch}", "booked by", txn, other), told("L5", "event", f"batch_release {batch}", "kind", "batch_released", "bank_fee"),
                  told("O5", "batch", batch, "release", other, txn)])


def two_refs_exchanged(b):
    """Each event has one booking and each booking one event: the wrong ones."""
    (first, a), (second, z) = b.sql("SELECT external_ref, txn_id::text FROM payout.txn_ref WHERE kind = 'batch_release' ORDER BY 1 LIMIT 2")
    return Fault(["payout.txn_ref"], [f"UPDATE payout.txn_ref SET txn_id = CASE external_ref WHEN '{first}' THEN '{z}' ELSE '{a}' END::uuid WHERE external_ref IN ('{first}', '{second}')"],
                 [told("L5", "event", f"batch_release {first}", "booked by", a, z), told("L5", "event", f"batch_release {second}", "booked by", z, a),
                  told("O5", "batch", first, "release", z, a), told("O5", "batch", second, "release", a, z)])


def key_of_two_requests(b):
    schema, actor, key = b.sql("SELECT schema_name, actor, key FROM log.idempotency WHERE schema_name = 'payout' ORDER BY at LIMIT 1")[0]
    return Fault(["log.idempotency"], ["ALTER TABLE log.idempotency DROP CONSTRAINT idempotency_pkey",
                                       "INSERT INTO log.idempotency SELECT schema_name, actor, key, sha256('another'), outcome, body, at FROM log.idempotency WHERE "
                                       f"(schema_name, actor, key) = ('{schema}', '{actor}', '{key}')"],
                 [redefined("log.idempotency"), told("L5", "key", f"{schema} {actor} {key}", "answers", "1", "2"), told("L5", "key", f"{schema} {actor} {key}", "requests", "1", "2")],
                 undo=["DELETE FROM log.idempotency", "ALTER TABLE log.idempotency ADD PRIMARY KEY (schema_name, actor, key)"])


# -- L6: reversals ------------------------------------------------------------------------

def reversal(b):
    """(its transaction, the one it reverses)"""
    return b.sql("SELECT txn_id::text, reverses::text FROM payout.reversal")[0]


def reversed_twice(b):
    """The header of a later booking says that it, too, reverses what is reversed already; its amounts are others."""
    _, first = reversal(b)
    later = b.one("SELECT txn_id::text FROM payout.txn WHERE kind = 'resolution' AND txn_id <> %s", first)
    was, is_ = booked(b, first), booked(b, later)
    return Fault(["payout.txn"], [f"UPDATE payout.txn SET reverses = '{first}' WHERE txn_id = '{later}'"],
                 [told("L6", "txn", first, "reversals", "1", "2"), told("L6", "txn", later, "reverses", first, "nothing")]
                 + [told("L6", "txn", later, path, str(-was[path]), str(is_[path]), is_[path] + was[path], "trust") for path in was])


def reversal_noted_of_another(b):
    txn, first = reversal(b)
    other = b.one("SELECT txn_id::text FROM payout.txn WHERE kind = 'resolution' AND txn_id <> %s", first)
    return Fault(["payout.reversal"], [f"UPDATE payout.reversal SET reverses = '{other}' WHERE txn_id = '{txn}'"], [told("L6", "txn", txn, "reverses", first, other)])


def reversed_by_another_amount(b):
    """One less on one side of the reversal, one less on the other: it still sums to zero."""
    txn, first = reversal(b)
    lines = b.sql("SELECT p.line, a.path, p.minor, p.after_minor FROM payout.posting AS p JOIN payout.account AS a USING (owner_id, account_id) WHERE p.txn_id = %s ORDER BY p.line", txn)
    run = b.one("SELECT id::text FROM payout.run WHERE state = 'posted' ORDER BY opened_at DESC LIMIT 1")
    expected = [told("A6", "run", run, "balance of Equity:Reserve:Legal", re.compile("[0-9]+"), re.compile("[0-9]+"), 1, "trust"),
                told("L1", "txn", txn, "debit", b.one("SELECT debit_minor::text FROM payout.txn WHERE txn_id = %s", txn), re.compile("[0-9]+"), -1, "unknown")]
    for line, path, minor, after in lines:
        more = -1 if minor > 0 else 1
        expected += [told("L6", "txn", txn, path, str(minor), str(minor + more), more, "trust"),
                     told("L2", "posting", f"{txn}/{line}", "after_minor", str(after + more), str(after), -more, "unknown"),
                     told("L2", "account", path, "balance", str(balance(b, path) + more), str(balance(b, path)), -more, "trust")]
    return Fault(["payout.posting"], [f"UPDATE payout.posting SET minor = minor - sign(minor)::bigint WHERE txn_id = '{txn}'"], expected)


# -- L7: closed months --------------------------------------------------------------------

def closed(b):
    return b.one("SELECT to_char(max(month), 'YYYY-MM') FROM payout.period WHERE state = 'closed'")


def frozen_balance_edited(b):
    month = closed(b)
    path, minor = b.sql("SELECT a.path, p.minor FROM payout.period_balance AS p JOIN payout.account AS a USING (owner_id, account_id) WHERE p.month = %s::date ORDER BY a.path LIMIT 1",
                        f"{month}-01")[0]
    return Fault(["payout.period_balance"], [f"UPDATE payout.period_balance SET minor = minor - 3 WHERE month = '{month}-01' AND {account(path)}"],
                 [told("L7", "period", month, path, str(minor), str(minor - 3), -3, "trust"),
                  told("L7", "period", month, "trial balance", HEX, b.one("SELECT balance_sha256 FROM payout.period WHERE month = %s::date", f"{month}-01"))])


def posted_into_the_closed_month(b):
    """What the bank booked in the closed month came late and was booked in this one; now it stands there after all."""
    month = closed(b)
    txn, day = b.sql("SELECT t.txn_id::text, n.booked_on::text FROM payout.txn AS t JOIN payout.entry_match AS m USING (txn_id) JOIN payout.bank_entry AS n ON n.id = m.entry_id WHERE "
                     "t.concerns = %s::date AND m.step = 1", f"{month}-01")[0]
    frozen = dict(b.sql("SELECT a.path, p.minor FROM payout.period_balance AS p JOIN payout.account AS a USING (owner_id, account_id) WHERE p.month = %s::date", f"{month}-01"))
    moved = booked(b, txn)
    return Fault(["payout.txn", "payout.posting"], [
        f"UPDATE payout.txn SET month = '{month}-01', occurred_on = '{day}', concerns = NULL WHERE txn_id = '{txn}'",
        f"UPDATE payout.posting SET month = '{month}-01' WHERE txn_id = '{txn}'"],
                 [told("L7", "period", month, path, str(frozen.get(path, 0) + minor), str(frozen.get(path, 0)), -minor, "trust") for path, minor in moved.items()]
                 + [told("L7", "txn", txn, "recorded_at", "before the close", "after the close")])


def closed_month_open_again(b):
    month = closed(b)
    return Fault(["payout.period"], [f"UPDATE payout.period SET state = 'open' WHERE month = '{month}-01'"], [told("L7", "period", month, "state", "closed", "open"),
                                                                                                                   told("T2", "period", month, "object", "an object", "none")])


# -- L8: documents ------------------------------------------------------------------------

def invoice_document_swapped(b):
    """The bytes alone: what was sent to the licensee, and logged, had another address."""
    identifier, _ = invoice(b, 3)
    sha = b.one("SELECT doc_sha256 FROM payout.invoice WHERE id = %s", identifier)
    return Fault(["payout.evidence"], [f"UPDATE payout.evidence SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), '\"Support\"', '\"Advice\"'), 'UTF8') WHERE sha256 = '{sha}'"],
                 [told("L8", "evidence", sha, "bytes", sha, HEX)])


def document_deleted(b):
    """What a booking by hand rests on."""
    txn, sha = b.sql("SELECT txn_id::text, evidence_sha256 FROM payout.txn WHERE kind = 'bank_fee'")[0]
    return Fault(["payout.evidence"], [f"DELETE FROM payout.evidence WHERE sha256 = '{sha}'"], [told("L8", "txn", txn, "evidence", sha, "none")])


# -- R1: prices and VAT -------------------------------------------------------------------

def price_changed(b):
    """On an issued invoice, its line alone: document, sums and journal say what was sent."""
    identifier, _ = invoice(b, 3)
    net = b.one("SELECT net FROM payout.invoice_line WHERE invoice_id = %s", identifier)
    return Fault(["payout.invoice_line"], [f"UPDATE payout.invoice_line SET net = net + 7 WHERE invoice_id = '{identifier}'"],
                 [told("R1", "invoice", identifier, "line 1 net", str(net), str(net + 7), 7, "trust")])


def price_moved_between_lines(b):
    """The invoice still adds up."""
    identifier, rating, lines = priced(b)
    expected = []
    for (line, net, name), more in zip(lines, (1, -1)):
        expected += [told("R1", "invoice", identifier, f"line {line} net", str(net), str(net + more), more, "trust"),
                     told("R1", "rating", rating, f"{name} net", str(net), str(net + more), more, "trust")]
    return Fault(["payout.invoice_line"], [f"UPDATE payout.invoice_line SET net = net + CASE line WHEN {lines[0][0]} THEN 1 ELSE -1 END WHERE invoice_id = '{identifier}' AND line IN "
                                           f"({lines[0][0]}, {lines[1][0]})"], expected)


def vat_rate_changed(b):
    identifier, _ = invoice(b, 4)
    return Fault(["payout.invoice_line"], [f"UPDATE payout.invoice_line SET vat_ppm = 70000 WHERE invoice_id = '{identifier}'"],
                 [told("R1", "invoice", identifier, "line 1 vat_ppm", "190000", "70000")])


def tax_changed(b):
    identifier, _ = invoice(b, 4)
    tax = b.one("SELECT tax FROM payout.invoice_vat WHERE invoice_id = %s", identifier)
    return Fault(["payout.invoice_vat"], [f"UPDATE payout.invoice_vat SET tax = tax - 1 WHERE invoice_id = '{identifier}'"],
                 [told("R1", "invoice", identifier, "VAT S 190000 tax", str(tax), str(tax - 1), -1, "trust")])


def rated_total_changed(b):
    _, rating, _ = priced(b)
    total = b.one("SELECT total_minor FROM payout.rating WHERE total_minor > 0")
    return Fault(["payout.rating"], ["UPDATE payout.rating SET total_minor = total_minor + 1 WHERE total_minor > 0"],
                 [told("R1", "rating", rating, "total", str(total), str(total + 1), 1, "trust")])


# -- R2: numbers, and invoices in the journal ---------------------------------------------

def number_left_out(b):
    """The last invoice has the number behind its own."""
    series, number, identifier = b.sql("SELECT series, no, id::text FROM payout.invoice WHERE kind = 'INV' ORDER BY no DESC LIMIT 1")[0]
    return Fault(["payout.invoice"], [f"UPDATE payout.invoice SET no = no + 1 WHERE id = '{identifier}'"],
                 [told("R1", "invoice", identifier, "no", str(number), str(number + 1)), told("R2", "series", series, f"no {number}", "an invoice", "none"),
                  told("R2", "series", series, "last_no", str(number + 1), str(number))])


def invoice_of_another_transaction(b):
    """Two invoices rest on one transaction, the other rests on none."""
    (first, a), (second, z) = invoice(b, 3), invoice(b, 4)
    paths = {path for txn in (a, z) for path in booked(b, txn)}
    due = {path: booked(b, z).get(path, 0) + booked(b, a).get(path, 0) for path in paths}
    docs = [b.one("SELECT doc_sha256 FROM payout.invoice WHERE id = %s", i) for i in (first, second)]
    return Fault(["payout.invoice"], [f"UPDATE payout.invoice SET txn_id = '{z}' WHERE id = '{first}'"], [
        told("R2", "txn", a, "document", "a document", "none"), told("R2", "invoice", first, "evidence", docs[0], docs[1]),
        told("R2", "invoice", first, "event", z, a),
        told("R2", "invoice", first, "transactions", "1", "2"), told("R2", "invoice", second, "transactions", "1", "2"),
        *(told("R2", "invoice", min(first, second), path, str(due[path]), str(booked(b, z)[path]), booked(b, z)[path] - due[path],
               "licensee" if "Receivable" in path else "trust") for path in paths)])


def slice_of_another_pool(b):
    """What was invoiced for one pool is said to be another's; the invoice's sum stays."""
    identifier, _ = invoice(b, 5)
    pool, month, net = b.sql("SELECT pool, service_month::text, net FROM payout.revenue_slice WHERE invoice_id = %s", identifier)[0]
    return Fault(["payout.revenue_slice"], [f"UPDATE payout.revenue_slice SET pool = 'water' WHERE invoice_id = '{identifier}'"], [
        told("R1", "invoice", identifier, f"line 1 pool {pool} month {month[:7]} net", str(net), "none"), told("R1", "invoice", identifier, f"line 1 pool water month {month[:7]} net", "none", str(net)),
        told("R2", "invoice", identifier, f"Liabilities:Pool:{pool}:Invoiced", "0", str(-net), -net, "trust"),
        told("R2", "invoice", identifier, "Liabilities:Pool:water:Invoiced", str(-net), "0", net, "trust"),
        told("R3", "receipt", b.one("SELECT txn_id::text FROM payout.receipt_slice WHERE invoice_id = %s AND line = 1", identifier),
             f"invoice {identifier} pool of line 1 pool water month {month[:7]}", "water", pool)])


# -- R3: receipts -------------------------------------------------------------------------

def part_paid(b):
    """(receipt, invoice, month, (VAT), (net)) of the receipt that paid a part: slices as (id, minor)."""
    identifier, _ = invoice(b, 3)
    rows = b.sql("SELECT txn_id::text, line, id, minor, pool, to_char(service_month, 'YYYY-MM') FROM payout.receipt_slice WHERE invoice_id = %s ORDER BY line", identifier)
    return rows[0][0], identifier, rows[1][4], rows[1][5], rows[0][2:4], rows[1][2:4]


def receipt_spread_otherwise(b):
    """One unit of VAT goes to the pool: the receipt's sum stays."""
    txn, identifier, pool, month, (vat_id, vat), (net_id, net) = part_paid(b)
    run, pot = b.sql("SELECT r.id::text, r.pot FROM payout.run AS r JOIN payout.run_receipt AS u ON u.run = r.id WHERE u.receipt_slice_id = %s", net_id)[0]
    return Fault(["payout.receipt_slice"], [f"UPDATE payout.receipt_slice SET minor = minor + CASE id WHEN {net_id} THEN 1 ELSE -1 END WHERE id IN ({vat_id}, {net_id})"], [
        told("R3", "receipt", txn, f"invoice {identifier} share of line 0", str(vat), str(vat - 1), -1, "licensee"),
        told("R3", "receipt", txn, f"invoice {identifier} share of line 1 pool {pool} month {month}", str(net), str(net + 1), 1, "licensee"),
        told("R3", "receipt", txn, f"Liabilities:Pool:{pool}:Invoiced", str(net + 1), str(net), -1, "trust"),
        told("R3", "receipt", txn, f"Liabilities:Pool:{pool}:Received", str(-net - 1), str(-net), 1, "trust"),
        told("A4", "receipt", txn, f"received of pool {pool}", str(net), str(net + 1), 1, "member"), told("A4", "run", run, "pot", str(pot + 1), str(pot), -1, "member"),
        told("A4", "run", run, f"slice {net_id}", str(net + 1), str(net), -1, "member")])


def receipt_is_larger(b):
    txn, gross = b.sql("SELECT txn_id::text, gross FROM payout.receipt ORDER BY txn_id LIMIT 1")[0]
    return Fault(["payout.receipt"], [f"UPDATE payout.receipt SET gross = gross + 1 WHERE txn_id = '{txn}'"], [told("R3", "receipt", txn, "gross", str(gross), str(gross + 1), 1, "licensee")])


def invoice_said_to_be_paid(b):
    identifier, _ = invoice(b, 3)
    return Fault(["payout.invoice"], [f"UPDATE payout.invoice SET state = 'paid' WHERE id = '{identifier}'"], [told("R3", "invoice", identifier, "state", "part_paid", "paid")])


# -- B1: the chain of statements ----------------------------------------------------------

def statements(b):
    """[(id, opening, closing, sequence, the one before)] of the account with most of them."""
    return b.sql("SELECT id::text, opening, closing, sequence, previous::text FROM payout.bank_statement WHERE bank_account_id = (SELECT id FROM payout.bank_account WHERE name = 'main') ORDER BY no")


def statement_dropped(b):
    """One from the middle of the chain: its row alone."""
    before, gone, behind = statements(b)[1:4]
    expected = [told("B1", "bank_statement", gone[0], "statement", "a statement", "none"), told("T2", "bank_statement", gone[0], "object", "an object", "none"),
                told("B1", "bank_statement", behind[0], "previous", before[0], gone[0]),
                told("B1", "bank_statement", behind[0], "opening", str(before[2]), str(behind[1]), behind[1] - before[2], "trust")]
    if behind[3]:
        expected.append(told("B1", "bank_statement", behind[0], "sequence", str(before[3] + 1), str(behind[3])))
    return Fault(["payout.bank_statement"], [f"DELETE FROM payout.bank_statement WHERE id = '{gone[0]}'"], expected)


def two_openings(b):
    """Two statements say the same that is wrong: one closes a unit higher, the next opens a unit higher."""
    one, other = statements(b)[1:3]
    return Fault(["payout.bank_statement"], [f"UPDATE payout.bank_statement SET closing = closing + CASE id WHEN '{one[0]}' THEN 1 ELSE 0 END, opening = opening + CASE id WHEN '{other[0]}' THEN 1 "
                                             f"ELSE 0 END WHERE id IN ('{one[0]}', '{other[0]}')"], [
        told("B1", "bank_statement", one[0], "entries", str(one[2] - one[1] + 1), str(one[2] - one[1]), -1, "trust"),
        told("B1", "bank_statement", one[0], "file closing", str(one[2]), str(one[2] + 1), 1, "trust"),
        told("B1", "bank_statement", other[0], "entries", str(other[2] - other[1] - 1), str(other[2] - other[1]), 1, "trust"),
        told("B1", "bank_statement", other[0], "file opening", str(other[1]), str(other[1] + 1), 1, "trust")])


def entry_amount_edited(b):
    """Of money that came and was assigned later: the chain, the file and both bookings say otherwise."""
    identifier, minor, statement, _ = entry(b, "suspense")
    moved, bank = b.sql("SELECT (SELECT sum(minor)::bigint FROM payout.bank_entry WHERE statement_id = s.id), a.name FROM payout.bank_statement AS s JOIN payout.bank_account AS a ON a.id = "
                        "s.bank_account_id WHERE s.id = %s", statement)[0]
    out, back = (str(minor + 1), str(minor), -1, "trust"), (str(-minor - 1), str(-minor), 1, "trust")
    return Fault(["payout.bank_entry"], [f"UPDATE payout.bank_entry SET minor = minor + 1 WHERE id = '{identifier}'"], [
        told("B1", "bank_statement", statement, "entries", str(moved), str(moved + 1), 1, "trust"), told("B3", "bank_entry", identifier, "amount", str(minor), str(minor + 1), 1, "trust"),
        told("R3", "bank_entry", identifier, f"Assets:Bank:{bank}", *out), told("R3", "bank_entry", identifier, "Liabilities:Suspense:Unmatched", *back),
        told("R3", "bank_entry", f"{identifier}/2", "Liabilities:Suspense:Unmatched", *out), told("R3", "bank_entry", f"{identifier}/2", "Income:Dues", *back)])


# -- B2: debits ---------------------------------------------------------------------------

def debit_added(b):
    """The bank took more than the ledger knows."""
    statement, entries, moved, last = b.sql("SELECT s.id::text, s.entries, (SELECT sum(minor)::bigint FROM payout.bank_entry WHERE statement_id = s.id), (SELECT max(ordinal) FROM payout.bank_entry "
                                            "WHERE statement_id = s.id) FROM payout.bank_statement AS s ORDER BY no DESC LIMIT 1")[0]
    return Fault(["payout.bank_entry"], ["INSERT INTO payout.bank_entry (id, statement_id, entry_key, ordinal, minor, status, booked_on, detail) SELECT "
                                         f"'{OTHER}', id, 'added', {last + 1}, -4000, 'BOOK', to_on, '{{\"details\": []}}' FROM payout.bank_statement WHERE id = '{statement}'"], [
        told("B1", "bank_statement", statement, "count", str(entries), str(entries + 1)), told("B1", "bank_statement", statement, "entries", str(moved), str(moved - 4000), -4000, "trust"),
        told("B2", "bank_entry", OTHER, "justification", "0", "4000", 4000, "outside"), told("B3", "bank_statement", statement, f"entry {entries + 1}", "none", "-4000")])


def debit_in_the_fetched_file(b):
    """The treasurer's file has a debit that the imported one had not."""
    name, content = sorted((path.name, path.read_bytes()) for path in (b.folder / "statements").iterdir())[-1]
    statement, entries = b.sql("SELECT id::text, entries FROM payout.bank_statement ORDER BY no DESC LIMIT 1")[0]
    more = content[content.rindex(b"<Ntry>"):content.rindex(b"</Ntry>") + 7]
    more = re.sub(rb">[0-9.]+</Amt>", b">40.00</Amt>", more).replace(b"CRDT", b"DBIT")
    at = content.rindex(b"</Ntry>") + 7
    return Fault(files={f"statements/{name}": content[:at] + more + content[at:]}, options=["--statements", "{folder}/statements"], expected=[
        told("B1", "bank_statement", statement, "fetched entries", re.compile(r"-?\d+"), re.compile(r"-?\d+"), -4000, "trust"),
        told("B2", "bank_statement", statement, f"fetched debit {entries + 1}", "0", "4000", 4000, "outside"),
        told("B3", "bank_statement", statement, f"entry {entries + 1}", "-4000", "none")])


def payment_of_another_entry(b):
    """Two payments change the entries that booked them: sums stay."""
    (first, a, one, x), (second, z, two, y) = b.sql("SELECT id::text, entry_id::text, booked_txn_id::text, minor FROM payout.payment WHERE state = 'booked' AND batch_id = (SELECT batch_id FROM "
                                                    "payout.payment WHERE bill_id IS NOT NULL LIMIT 1) ORDER BY id LIMIT 2")
    batch = b.one("SELECT batch_id::text FROM payout.payment WHERE id = %s", first)
    expected = [told("O5", "batch", batch, "open payments", "0", "2", x + y, "outside")]
    for p in (first, second):
        expected += [told("B4", "payment", p, "entry", "the entry that booked it", "another"), told("O5", "payment", p, "state", "in_flight", "booked")]
    for e, minor in ((a, x), (z, y)):
        expected += [told("B2", "bank_entry", e, "payments", "0", str(minor), minor, "outside"),
                     told("B2", "bank_entry", e, f"Liabilities:PayoutInFlight:{batch}", "0", str(minor), minor, "trust")]
    assert one != two
    return Fault(["payout.payment"], [f"UPDATE payout.payment SET entry_id = CASE id WHEN '{first}' THEN '{z}' ELSE '{a}' END::uuid WHERE id IN ('{first}', '{second}')"], expected)


# -- B4: matches --------------------------------------------------------------------------

def entry_of_two_receipts(b):
    (first, a, _), (second, z, txn) = b.sql("SELECT r.txn_id::text, r.entry_id::text, r.first_txn_id::text FROM payout.receipt AS r JOIN payout.entry_match AS m ON m.txn_id = r.txn_id WHERE m.step = 1 "
                                            "ORDER BY 1 LIMIT 2")
    came, paid = (b.one("SELECT minor FROM payout.bank_entry WHERE id = %s", e) for e in (a, z))
    fee = b.one("SELECT fee FROM payout.receipt WHERE txn_id = %s", second)
    beyond = came - paid
    assert first and txn == second
    return Fault(["payout.receipt"], [f"UPDATE payout.receipt SET entry_id = '{a}' WHERE txn_id = '{second}'"], [
        told("B4", "bank_entry", a, "receipts", "at most 1", "2"), told("B4", "bank_entry", a, f"receipt {second}", "a match", "none"),
        told("R3", "receipt", second, "match", "an entry", "none"), told("R3", "receipt", second, "first", first, second), told("A1", "receipt", second, "first booking", first, second),
        told("R3", "receipt", second, BANK, "0", str(paid), paid, "trust"),
        told("R3", "receipt", second, "Liabilities:Suspense:Unmatched", str(came - beyond), "0", beyond - came, "trust")]) if fee >= 0 else None


def match_taken_out(b):
    """The second step of an entry's history: what it was matched to."""
    identifier, _, _, txn = entry(b, "receipt", 2)
    return Fault(["payout.entry_match"], [f"DELETE FROM payout.entry_match WHERE entry_id = '{identifier}' AND step = 2"], [
        told("B4", "bank_entry", identifier, f"receipt {txn}", "a match", "none"), told("R3", "receipt", txn, "match", "an entry", "none")])


# -- B5: returns and rejects --------------------------------------------------------------

def ended(b, state):
    """(payment, member, minor, its transaction)"""
    return b.sql("SELECT id::text, member_id::text, minor, ended_txn_id::text FROM payout.payment WHERE state = %s AND member_id IS NOT NULL", state)[0]


def return_of_another_member(b):
    """What came back is held for somebody else."""
    _, member, minor, txn = ended(b, "returned")
    released = b.one("SELECT released_txn_id::text FROM payout.hold WHERE txn_id = %s", txn)
    other = b.one("SELECT member_id::text FROM payout.payment WHERE member_id <> %s ORDER BY 1 LIMIT 1", member)
    return Fault(["payout.hold"], [f"UPDATE payout.hold SET member_id = '{other}' WHERE txn_id = '{txn}'"], [
        told("B5", "txn", txn, f"held for {member} Returned {minor}", "1", "0"), told("B5", "txn", txn, f"held for {other} Returned {minor}", "0", "1"),
        *(told("H1", "txn", at, f"held on Liabilities:Member:{who}:Held:Returned", str(due), str(held), held - due, "trust", "lag") for at, sign in ((txn, 1), (released, -1))
          for who, due, held in ((member, sign * minor, 0), (other, 0, sign * minor)))])


def next_posting(b, txn, owner, number):
    """(transaction, line, running balance) of the account's next posting."""
    return b.sql("SELECT p.txn_id::text, p.line, p.after_minor FROM payout.posting AS p JOIN payout.txn AS t USING (month, txn_id) WHERE (p.owner_id::text, p.account_id) = (%s, %s) AND t.txn_no > "
                 "(SELECT txn_no FROM payout.txn WHERE txn_id = %s) ORDER BY t.txn_no LIMIT 1", owner, number, txn)[0]


def return_credited_to_another_member(b):
    """The posting, on an account of somebody else, who had nothing there: the next bookings of both do not follow."""
    _, member, minor, txn = ended(b, "returned")
    path = f"Liabilities:Member:{member}:Held:Returned"
    line, number = b.sql("SELECT line, account_id FROM payout.posting JOIN payout.account USING (owner_id, account_id) WHERE txn_id = %s AND path = %s", txn, path)[0]
    other, owner, theirs = b.sql("SELECT a.path, a.owner_id::text, a.account_id FROM payout.account AS a WHERE a.path LIKE 'Liabilities:Member:%%:Payable' AND a.owner_id::text <> %s ORDER BY 1 "
                                 "LIMIT 1", member)[0]
    held, due = balance(b, path), balance(b, other)
    versions = dict(b.sql("SELECT a.path, b.version FROM payout.balance AS b JOIN payout.account AS a USING (owner_id, account_id) WHERE a.path IN (%s, %s)", path, other))
    (first, a, after), (second, z, behind) = next_posting(b, txn, member, number), next_posting(b, txn, owner, theirs)
    return Fault(["payout.posting"], [f"UPDATE payout.posting SET owner_id = '{owner}', account_id = {theirs} WHERE txn_id = '{txn}' AND line = {line}"], [
        told("B5", "txn", txn, path, str(-minor), "0", minor, "member"), told("B5", "txn", txn, other, "0", str(-minor), -minor, "member"),
        told("H1", "txn", txn, f"held on {path}", "0", str(minor), minor, "trust", "lag"), told("L2", "account", path, "balance", str(held + minor), str(held), -minor, "member"), told("L2", "account", path, "version", str(versions[path] - 1), str(versions[path])),
        told("L2", "account", other, "balance", str(due - minor), str(due), minor, "member"), told("L2", "account", other, "version", str(versions[other] + 1), str(versions[other])),
        told("L2", "posting", f"{first}/{a}", "after_minor", str(after + minor), str(after), -minor, "unknown"),
        told("L2", "posting", f"{second}/{z}", "after_minor", str(behind - minor), str(behind), minor, "unknown"),
        told("L3", "txn", first, f"bound of account {member}/{number}", "<= 0", str(after + minor), after + minor, "unknown")])


def rejected_is_said_to_be_returned(b):
    payment = ended(b, "rejected")[0]
    return Fault(["payout.payment"], [f"UPDATE payout.payment SET state = 'returned' WHERE id = '{payment}'"], [told("B5", "payment", payment, "state", "rejected", "returned"),
                                                                                                                              told("O5", "payment", payment, "state", "rejected", "returned")])


# -- B6: suspense -------------------------------------------------------------------------

def receipt_left_unmatched(b):
    identifier, minor = b.sql("SELECT n.id::text, n.minor FROM payout.bank_entry AS n WHERE (SELECT m.kind FROM payout.entry_match AS m WHERE m.entry_id = n.id ORDER BY m.step DESC LIMIT 1) = 'suspense'")[0]
    day = b.one("SELECT ((at - '40 days'::interval) AT TIME ZONE 'UTC')::date::text FROM payout.entry_match WHERE entry_id = %s", identifier)
    return Fault(["payout.entry_match"], [f"UPDATE payout.entry_match SET at = at - '40 days'::interval WHERE entry_id = '{identifier}'"],
                 [told("B6", "bank_entry", identifier, "suspense", "explained within 30 days", f"waits since {day}", minor, "unknown", "lag")])


# -- X1: exports --------------------------------------------------------------------------

def balance_edited_and_exported(b):
    """One figure: what other programs read in the journal is not what the ledger says."""
    path, minor = "Equity:Fund:Commons", balance(b, "Equity:Fund:Commons")
    return Fault(["payout.balance"], [f"UPDATE payout.balance SET minor = minor - 5 WHERE {account(path)}"], options=["--exports"], expected=[
        told("L2", "account", path, "balance", str(minor), str(minor - 5), -5, "trust"),
        *(told("X1", "export", form, path, str(minor - 5), str(minor), 5, "trust") for form in ("beancount", "hledger", "ledger"))])


FAULTS = [event_of_another_invoice, release_booked_by_another, two_refs_exchanged, key_of_two_requests, reversed_twice, reversal_noted_of_another, reversed_by_another_amount,
          frozen_balance_edited, posted_into_the_closed_month, closed_month_open_again, invoice_document_swapped, document_deleted, price_changed, price_moved_between_lines, vat_rate_changed,
          tax_changed, rated_total_changed, number_left_out, invoice_of_another_transaction, slice_of_another_pool, receipt_spread_otherwise, receipt_is_larger, invoice_said_to_be_paid,
          statement_dropped, two_openings, entry_amount_edited, debit_added, debit_in_the_fetched_file, payment_of_another_entry, entry_of_two_receipts, match_taken_out,
          return_of_another_member, return_credited_to_another_member, rejected_is_said_to_be_returned, receipt_left_unmatched, balance_edited_and_exported]
