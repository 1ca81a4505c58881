# SPDX-License-Identifier: AGPL-3.0-or-later
"""The model of the ledger alone: the golden journal of the specification, each event against its row of the table, and random lives of a trust
in which the books' own invariants hold after every event."""
import os
import random

import pytest

import ledger_model as model
from ledger_model import Batch, Books, Invoice, Payment, Refused

RUNS = int(os.environ.get("CH_RUNS", "300"))
SEED = int(os.environ.get("CH_SEED", "20260511"))
MONTH = "2026-01"
RULE = {
    "schema": "benefit-rule/1", "rule": "main", "version": 3, "currency": "EUR", "minor_digits": 2, "resolution": "VOTE-2026-05",
    "effective_from": "2026-01-01", "basis": "cash_received", "pot_scope": "pool",
    "steps": [
        {"id": "fees", "kind": "fixed", "to": "Income:FeeRecovery", "amount_from": "rail_fees", "max": 5000},
        {"id": "ops", "kind": "percent", "to": "Income:OperationsShare", "of": "after:fees", "num": 15, "den": 100, "round": "down"},
        {"id": "solidarity", "kind": "percent", "to": "Equity:Fund:Solidarity", "of": "after:fees", "num": 5, "den": 100, "round": "down"},
        {"id": "commons", "kind": "percent", "to": "Equity:Fund:Commons", "of": "after:fees", "num": 10, "den": 100, "round": "down"},
        {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "parts": [{"share": 1, "weight": "equal"}],
         "leftover_to": "Equity:Fund:Commons"}],
    "hold": {"min_payout": 1000, "unclaimed_after_days": 1095, "netting": {"num": 1, "den": 2}},
    "refund": {"first_from": None, "then": "same_shares", "fee_recovery": "keep"}, "remainder": "largest_remainder/sha256"}
MEMBERS = ["M1", "M2", "M3"]
SLICE = (1, "p", MONTH)


def started(gross=119000, rule=RULE):
    books = Books(rule)
    invoice = Invoice("I1", "L", "DE", 19000, {SLICE: gross - 19000})
    books.issue(invoice)
    return books, invoice


def distributed(books):
    run = books.open_run("p", MONTH)
    books.compute(run, "run-2026-01", [{"id": m} for m in MEMBERS], [])
    books.post_run(run)
    return run


def paid(books, identifier, payments):
    batch = Batch(identifier, "main", payments)
    books.batches[identifier] = batch
    batch.state = "approved"
    books.release(batch)
    books.book(batch, payments)
    return batch


def golden():
    books, invoice = started()
    books.receive(model.bank("main"), 250, [(invoice, 119000)])
    run = distributed(books)
    books.settle_holds({"M1", "M3"}, set())
    payments = [Payment(m, model.payable(m), 23275, m) for m in ("M1", "M3")]
    batch = paid(books, "B1", payments)
    books.fail(batch, payments[1], 300)
    books.credit(invoice, {SLICE: 20000}, 3800)
    books.clawback(run, 20000, "clawback-1")
    paid(books, "B2", [Payment("R1", model.refundable("L"), 23800)])
    return books


def test_golden_journal():
    assert golden().figures() == {
        "Assets:Bank:main": 71375, "Liabilities:VAT:DE": -15200, "Assets:Receivable:Member:M1": 4667, "Liabilities:Member:M2:Held:BankMissing": -18609,
        "Liabilities:Member:M3:Held:Returned": -18609, "Income:OperationsShare": -11962, "Equity:Fund:Solidarity": -3987, "Equity:Fund:Commons": -7975,
        "Income:FeeRecovery": -250, "Expenses:Fees:Rail": 250, "Expenses:Fees:Return": 300}
    assert golden().invariants() == []


def test_the_second_clawback_takes_what_the_first_left():
    books = golden()
    invoice, run = books.invoices["I1"], books.runs[0]
    books.credit(invoice, {SLICE: 80000}, 15200)
    result = books.clawback(run, 80000, "clawback-2")
    assert result["hash"] == "9508f352c9504fdefade8c008710fa125189aa0ddda505a9608cc5e54024d455" and result["uncovered"] == 250
    left = {path: minor for path, minor in books.figures().items() if not path.startswith("Expenses")}
    assert left == {"Assets:Bank:main": 71375, "Liabilities:Refundable:L": -95200, "Assets:Receivable:Member:M1": 4667 + 18608, "Income:FeeRecovery": -250}
    assert books["Expenses:Fees:Refund"] == 250 and invoice.state == "credited"


def test_a_spent_fund_cannot_carry_its_line():
    books = golden()
    commitment = books.commit("R", "Commons", 7000, 10000)
    books.spend(commitment, "shop", 6000)
    books.lapse(commitment)
    books.credit(books.invoices["I1"], {SLICE: 80000}, 15200)
    books.clawback(books.runs[0], 80000, "clawback-2")
    assert books["Equity:Fund:Commons"] == 0 and books["Expenses:Fees:Refund"] == 250 + 6000 and books["Equity:Committed:Commons"] == 0


def test_partial_receipts_are_spread_over_what_is_open():
    books = Books(RULE)
    slices = {(1, "p", "2026-01"): 333, (1, "p", "2026-02"): 333, (2, "q", "2026-01"): 334}
    invoice = Invoice("I1", "L", "DE", 190, slices)
    books.issue(invoice)
    for gross in (1, 100, 500, 588, 1):
        before = invoice.open
        books.receive(model.bank("main"), 0, [(invoice, gross)])
        assert invoice.open == before - gross and all(invoice.open_of(slot) >= 0 for slot in invoice.due) and books.invariants() == []
    assert invoice.state == "paid" and books["Assets:Receivable:L"] == 0 and books["Liabilities:Pool:p:Received"] == -666
    with pytest.raises(Refused, match="amount_mismatch"):
        books.receive(model.bank("main"), 0, [(invoice, 1)])


def test_netting_takes_half_of_later_payouts():
    books = golden()
    invoice = Invoice("I2", "L", "DE", 0, {(1, "p", "2026-02"): 20000})
    books.issue(invoice)
    books.receive(model.bank("main"), 0, [(invoice, 20000)])
    run = books.open_run("p", "2026-02")
    line = next(x for x in books.compute(run, "run-2", [{"id": m} for m in MEMBERS], [])["lines"] if x["id"] == "M1")["amount"]
    books.post_run(run)
    assert books["Assets:Receivable:Member:M1"] == 4667 - line // 2 and books["Liabilities:Member:M1:Payable"] == -line + line // 2


#: What each row of the table posts for round figures: event -> (transaction, its lines in the table's words).
ROWS = {
    "1": (model.invoice_issued("L", "DE", 19, {"p": 60, "q": 40}), [("Assets:Receivable:L", 119), ("Liabilities:VAT:DE", -19),
                                                                   ("Liabilities:Pool:p:Invoiced", -60), ("Liabilities:Pool:q:Invoiced", -40)]),
    "2": (model.receipt("Assets:Bank:b", 119, 2, "L", {"p": 100}), [
        ("Assets:Bank:b", 117), ("Expenses:Fees:Rail", 2), ("Assets:Receivable:L", -119), ("Liabilities:Pool:p:Invoiced", 100),
        ("Liabilities:Pool:p:Received", -100)]),
    "4": (model.hold("M", "TaxForm", 5), [("Liabilities:Member:M:Payable", 5), ("Liabilities:Member:M:Held:TaxForm", -5)]),
    "5": (model.netting("M", 5), [("Liabilities:Member:M:Payable", 5), ("Assets:Receivable:Member:M", -5)]),
    "6": (model.released("B", [("Liabilities:Member:M:Payable", 5)]), [("Liabilities:Member:M:Payable", 5), ("Liabilities:PayoutInFlight:B", -5)]),
    "7": (model.booked("B", "b", 5), [("Liabilities:PayoutInFlight:B", 5), ("Assets:Bank:b", -5)]),
    "8": (model.rejected("B", model.held("M", "Rejected"), 5), [("Liabilities:PayoutInFlight:B", 5), ("Liabilities:Member:M:Held:Rejected", -5)]),
    "9": (model.returned("b", model.held("M", "Returned"), 5, 1), [("Assets:Bank:b", 4), ("Expenses:Fees:Return", 1),
                                                                   ("Liabilities:Member:M:Held:Returned", -5)]),
    "10": (model.credit_note("L", "DE", 19, {"p": 100}, "Invoiced", model.receivable), [
        ("Liabilities:VAT:DE", 19), ("Liabilities:Pool:p:Invoiced", 100), ("Assets:Receivable:L", -119)]),
    "11": (model.credit_note("L", "DE", 19, {"p": 100}, "Received", model.refundable), [
        ("Liabilities:VAT:DE", 19), ("Liabilities:Pool:p:Received", 100), ("Liabilities:Refundable:L", -119)]),
    "18": (model.unclaimed("M", "BankMissing", 5), [("Liabilities:Member:M:Held:BankMissing", 5), ("Liabilities:Unclaimed", -5)]),
    "24": (model.moved("Assets:Bank:b", "Income:Dues", 5), [("Assets:Bank:b", 5), ("Income:Dues", -5)]),
}


@pytest.mark.parametrize("event", ROWS)
def test_rows_of_the_table(event):
    posted, expected = ROWS[event]
    assert posted == expected and sum(minor for _, minor in posted) == 0


@pytest.mark.parametrize("path, low, high", [
    ("Assets:Receivable:Member:M", -1, 1), ("Liabilities:Member:M:Held:Consent", -1, 1), ("Liabilities:Pool:p:Clawback", -1, 1), ("Equity:Committed:F", -1, 1)])
def test_every_account_has_its_bound(path, low, high):
    lawful = model.bound(path)
    assert (low < lawful[0]) != (high > lawful[1])
    books = Books(RULE)
    with pytest.raises(Refused, match="bound_broken"):
        books.post(model.moved(path, "Expenses:BadDebt", high if high > lawful[1] else low))
    assert books.figures() == {} and books.journal == []


@pytest.mark.parametrize("path", ["Liabilities:Member:M:Held:Nothing", "Assets:Bank", "Equity:Reserve", "Income:Else", "Assets:Suspense:Debit:x"])
def test_there_is_no_other_account(path):
    with pytest.raises(Refused, match="invalid"):
        Books(RULE).post(model.moved(path, "Expenses:BadDebt", 1))


def test_a_reversal_is_exact_and_happens_once():
    books, _ = started()
    books.reverse(0)
    assert books.figures() == {}
    for number in (0, 1):
        with pytest.raises(Refused, match="already_reversed"):
            books.reverse(number)


def test_random_lives_keep_the_invariants():
    """Without a service: the model refuses or does, and its own invariants hold."""
    rnd = random.Random(SEED)
    print(f"seed {SEED}")
    done = 0
    for life in range(max(1, RUNS // 50)):
        books = Books(RULE)
        for event in range(50):
            done += live(books, rnd, f"{life}-{event}")
            assert books.invariants() == [], f"seed {SEED}, life {life}, event {event}"
    assert done > RUNS / 3


def live(books, rnd, name):
    invoices = list(books.invoices.values())
    deeds = [
        lambda: books.issue(Invoice(name, rnd.choice("KL"), "DE", *taxed(rnd.choice("pq"), rnd.randint(1, 9000)))),
        lambda: books.receive(model.bank("main"), 0, [(lambda i: (i, rnd.randint(1, i.open)))(rnd.choice(invoices))]),
        lambda: distribute(books, rnd.choice("pq"), name),
        lambda: credit(books, rnd.choice(invoices), rnd),
        lambda: books.clawback(*rnd.choice(books.clawbacks), f"clawback-{name}"),
        lambda: books.write_off(rnd.choice(invoices)),
        lambda: books.settle_holds({"M1"}, {"M2"}),
        lambda: books.release_hold(rnd.choice(books.holds)),
        lambda: books.unmatch(rnd.choice(books.receipts)),
        lambda: (lambda i: books.dispute(i, [(s, s.left) for s in books.disputable(i)]))(rnd.choice(invoices)),
        lambda: books.settle(rnd.choice(books.disputes), rnd.random() < 0.5)]
    try:
        rnd.choice(deeds)()
        return 1
    except (Refused, IndexError, ValueError):
        return 0


def taxed(name, net):
    lines = {1: ("S", 190000, net)}
    return model.tax_of(lines.values())["S", 190000], {(1, name, MONTH): net}, lines


def credit(books, invoice, rnd):
    nets = {1: rnd.randint(1, invoice.left_of_line(1))}
    books.credit(invoice, invoice.spread_credit(nets), invoice.credit_tax(nets))
    invoice.credit_tax(nets, take=True)


def distribute(books, name, number):
    run = books.open_run(name, MONTH)
    books.compute(run, f"run-{number}", [{"id": m} for m in MEMBERS], [])
    books.post_run(run)
