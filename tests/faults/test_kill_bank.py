# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker killed at every step of importing a bank file from the inbox: as long as the booking has not committed nothing of the file is in the book,
once it has everything is, and the next worker ends with all of it, once."""
import os

import pytest

from banking import Bank, Batch, balances, camt053, detail, entry, make_invoice, statement
from killing import DONE, LATE, LOST, Breakpoint, Worker
from stack import eventually

IBAN = "DE91100000000123456789"
#: What the import writes, in its order; each is a place to die.
STEPS = [("import_piece", "INSERT"), ("import_statement", "INSERT"), ("import_entry", "INSERT"), ("evidence", "INSERT"), ("bank_statement", "INSERT"),
         ("bank_entry", "INSERT"), ("import_claim", "INSERT"), ("import_invoice", "INSERT"), ("import_match", "INSERT"), ("payment", "UPDATE"),
         ("batch_event", "INSERT"), ("import_txn", "INSERT"), ("receipt", "INSERT"), ("receipt_slice", "INSERT"), ("invoice", "UPDATE"), ("unpaid", "DELETE"),
         ("balance", "UPDATE"), ("txn_counter", "UPDATE"), ("txn", "INSERT"), ("posting", "INSERT"), ("txn_ref", "INSERT"), ("entry_match", "INSERT"),
         ("hold", "INSERT"), ("import_entry", "DELETE"), ("import_piece", "DELETE")]
TABLES = ("bank_statement", "bank_entry", "entry_match", "txn", "posting", "txn_ref", "receipt", "receipt_slice", "hold", "payee_account_event", "batch_event")


@pytest.fixture(scope="module")
def trust(stack):
    """The API and the worker apart, and a bank whose file books a receipt, a payment, its return and an unknown credit."""
    made = stack.trust()
    made.stop()
    made.start("governance", "payout", "portal", "log")
    made.treasurer = made[next(f["ref"] for f in made.charter["founders"] if "treasurer" in f["offices"])]
    made.bank = Bank(made.treasurer, "main", IBAN, 1_000_000)
    made.inbox = stack.folder / "inbox"
    made.inbox.mkdir(exist_ok=True)
    made.worker = Worker(made)
    yield made
    made.worker.stop()
    stack.release(made)


def book(trust):
    """Everything an import could have touched."""
    counts = [trust.sql(f"SELECT count(*) FROM payout.{table}")[0][0] for table in TABLES]
    return (counts, balances(trust), trust.sql("SELECT state, count(*) FROM payout.invoice GROUP BY 1 ORDER BY 1"),
            trust.sql("SELECT state, count(*) FROM payout.payment GROUP BY 1 ORDER BY 1"), trust.sql("SELECT state, count(*) FROM payout.batch GROUP BY 1 ORDER BY 1"))


def lay(trust, name):
    """A file in the inbox, and what it is about; how much it moves."""
    inv, batch = make_invoice(trust, trust.treasurer, 5000), Batch(trust, trust.treasurer, trust.bank, [300])
    pay, = batch.payments
    raw = trust.bank.file(entry(5000, f"{name}-1", detail(5000, ref=inv[2])), entry(-300, f"{name}-2", detail(-300, e2e=pay["e2e"])),
                          entry(290, f"{name}-3", detail(290, e2e=pay["e2e"], reason="AC04")), entry(7, f"{name}-4"), total=5000 - 300 + 290 + 7)
    before = book(trust)
    (trust.inbox / f"{name}.part").write_bytes(raw)
    return before, trust.bank.balance + 4997


def finish(trust, name, balance):
    eventually("the file to be done", lambda: (trust.inbox / "done" / f"{name}.xml").exists())
    trust.bank.balance, trust.bank.sequence = balance, trust.bank.sequence + 1
    kinds = [row[0] for row in trust.sql("SELECT m.kind FROM payout.entry_match AS m JOIN payout.bank_entry AS e ON e.id = m.entry_id WHERE e.statement_id = "
                                         "(SELECT id FROM payout.bank_statement ORDER BY no DESC LIMIT 1) ORDER BY e.ordinal")]
    assert kinds == ["receipt", "payment", "return", "suspense"]
    assert balances(trust)["Assets:Bank:main"] == balance and trust.sql("SELECT sum(minor) FROM payout.balance")[0][0] == 0
    assert trust.sql("SELECT count(*), sum(entries) FROM payout.bank_statement") == [(trust.bank.sequence, 4 * trust.bank.sequence)]


def start(trust, name):
    (trust.inbox / f"{name}.part").rename(trust.inbox / f"{name}.xml")
    trust.sql("SELECT job.enqueue('read_inbox', 'inbox', '{}')")


@pytest.mark.parametrize("table, event", STEPS)
def test_a_kill_before_the_commit_changes_nothing(trust, table, event):
    name = f"lost-{table}-{event.lower()}"
    before, balance = lay(trust, name)
    point = Breakpoint(trust, f"payout.{table}", event)
    try:
        start(trust, name)
        sessions = point.wait()
        trust.worker.kill()
        point.end_sessions()
        assert sessions and book(trust) == before and (trust.inbox / f"{name}.xml").exists()
    finally:
        point.remove()
    trust.sql("UPDATE job.job SET heartbeat_at = heartbeat_at - interval '1 hour', attempt = 1 WHERE kind = 'read_inbox' AND state = 'running'")
    trust.worker.start()
    finish(trust, name, balance)


@pytest.mark.parametrize("then", [DONE, LATE])
def test_a_kill_beside_the_commit_books_once(trust, then):
    name = f"{then}-commit"
    before, balance = lay(trust, name)
    point = Breakpoint(trust, "payout.entry_match", "INSERT")
    try:
        start(trust, name)
        trust.worker.kill_at(point, "read_inbox", then)
    finally:
        point.remove()
    finish(trust, name, balance)


def test_a_kill_between_commit_and_move_finds_it_here_already(trust):
    before, balance = lay(trust, "noted")
    point = Breakpoint(trust, "payout.inbox_file", "INSERT")
    try:
        start(trust, "noted")
        point.wait()
        assert book(trust) != before
        trust.worker.kill_at(point, "read_inbox", LOST)
    finally:
        point.remove()
    finish(trust, "noted", balance)
    assert trust.sql("SELECT outcome FROM payout.inbox_file WHERE name = 'noted.xml'") == [("already_imported",)]


def test_two_workers_and_an_upload_of_one_file_book_once(trust):
    before, balance = lay(trust, "twice")
    raw = (trust.inbox / "twice.part").read_bytes()
    for name in ("twice-b", "twice-c"):
        (trust.inbox / f"{name}.xml").write_bytes(raw)
    second = Worker(trust)
    try:
        start(trust, "twice")
        answer = trust.bank.send(raw)
        assert answer.status in (200, 201), answer.raw
        finish(trust, "twice", balance)
        eventually("all copies to be done", lambda: {f"{n}.xml" for n in ("twice", "twice-b", "twice-c")} <= set(os.listdir(trust.inbox / "done")))
    finally:
        second.stop()
    assert trust.bank.send(camt053(statement("other", trust.bank.sequence + 2, balance, balance, [], IBAN))).status == 422
