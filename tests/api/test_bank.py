# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bank statements through the HTTP API: what is refused whole, what is matched by which rule, what waits in suspense, what a person does with it, and that no
entry is matched twice. Ledger figures are looked at in the journal itself."""
import json
import os
import pathlib
import select
import socket
import subprocess
import time
import uuid

import pytest

from banking import Bank, Batch, balances, camt053, camt054, detail, entry, make_invoice, statement
from stack import eventually

IBAN, SECOND, FOREIGN = "DE91100000000123456789", "DE02120300000000202051", "DE89370400440532013000"
PAYER = "NL05TEST0417164300"
XSD = pathlib.Path(os.environ.get("CH_SHARED_DATA", "../shared/data")) / "xsd"


def holder(trust, office):
    return trust[next(f["ref"] for f in trust.charter["founders"] if office in f["offices"])]


@pytest.fixture(scope="module")
def treasurer(trust):
    return holder(trust, "treasurer")


@pytest.fixture(scope="module")
def other(trust):
    return next(trust[f["ref"]] for f in trust.charter["founders"] if "treasurer" not in f["offices"])


@pytest.fixture(scope="module")
def bank(treasurer):
    return Bank(treasurer, "main", IBAN, 1_000_000)


def refused(answer, status, slug):
    assert (answer.status, answer["type"].rsplit("/", 1)[1]) == (status, slug), answer.raw


def moved(trust, before):
    """What has changed on accounts of the trust, members and licensees by their kind alone."""
    now = balances(trust)
    return {path: now.get(path, 0) - before.get(path, 0) for path in set(now) | set(before) if now.get(path, 0) != before.get(path, 0)}


def kinds(entries):
    return [(e["matches"][-1]["kind"], e["matches"][-1]["rule"]) for e in entries]


def assign(treasurer, item, **body):
    return treasurer.send("POST", f"/payout/v1/bank-entries/{item['id']}/assign-entry", body=body)


def euro(minor):
    return {"minor": minor, "currency": "EUR"}


# -- files ----------------------------------------------------------------

@pytest.mark.skipif(not XSD.exists(), reason="no schemas beside the repository")
def test_the_files_of_these_tests_are_valid(bank, tmp_path):
    everything = detail(1, ref="RF18539007547034", e2e="E", uetr=str(uuid.uuid4()), msg="M", pmtinf="P", instr="I", servicer="S", payer=PAYER, reason="AC04", charges=5)
    for name, raw in (("053", bank.file(entry(5, "s", everything, ("M", "P"), True, info="x"), total=5)), ("054", camt054([entry(5, "s", everything)], IBAN))):
        path = tmp_path / f"{name}.xml"
        path.write_bytes(raw)
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", XSD / f"camt.{name}.001.08.xsd", path], capture_output=True)
        assert done.returncode == 0, done.stderr


def test_what_is_refused_whole(trust, bank, other):
    before, state = balances(trust), (bank.balance, bank.sequence)
    ok = entry(100, "a")
    refused(other.send("POST", "/payout/v1/bank-statements", raw=bank.file(ok, total=100), headers={"Content-Type": "application/xml"}), 403, "forbidden")
    other_currency = bank.file(ok, total=100).replace(b'Ccy="EUR"', b'Ccy="USD"').replace(b"<Ccy>EUR", b"<Ccy>USD")
    foreign = camt053(statement("x", 1, 0, 100, [ok], FOREIGN))
    two = camt053(statement("A", 1, bank.balance, bank.balance, [], IBAN), statement("B", 3, bank.balance, bank.balance, [], IBAN))
    twice = camt053(statement("A", 1, bank.balance, bank.balance, [], IBAN), statement("A", 2, bank.balance, bank.balance, [], IBAN))
    for raw, slug in ((foreign, "invalid"), (bank.file(ok, total=101), "chain_broken"), (bank.file(ok, total=100, opening=5, closing=105), "chain_broken"),
                      (other_currency, "invalid"), (two, "chain_broken"), (twice, "invalid"),
                      (bank.file(ok, entry(100, "a"), total=200), "invalid"), (bank.file(entry(-bank.balance - 1, "o"), total=-bank.balance - 1), "bound_broken"),
                      (b"<Document/>", "invalid"), (b"", "invalid"), (bank.file(ok, total=100)[:-20], "invalid"),
                      (bank.file(entry(100, "b", day="2026-02-30"), total=100), "invalid"),
                      (bank.file(ok, total=100).replace(b"camt.053.001.08", b"camt.053.001.02"), "invalid")):
        refused(bank.send(raw), 409 if slug == "bound_broken" else 422, slug)
    assert balances(trust) == before and (bank.balance, bank.sequence) == state
    assert trust.sql("SELECT count(*) FROM payout.bank_statement")[0][0] == 0


HEAD = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
BOMBS = {
    "entity": lambda: [b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)) + b"]><l>&j;</l>"],
    "depth": lambda: [HEAD + b"<a>" * 100_000],
    "tag": lambda: [HEAD + b'<x y="' + b"z" * 1_000_000],
    "names": lambda: [HEAD + b"".join(b"<n%d/>" % i for i in range(100_000))],
    "repeats": lambda: [HEAD + b"<Stmt>" + (b"<Id>" + b"y" * 4000 + b"</Id>") * 1000],
    "gigabyte": lambda: [HEAD + b"<Stmt><Id>"] + [b"y" * (1 << 20)] * 1024,
}


def resident(trust):
    """KiB of all the daemon's processes."""
    pids = [trust.daemon.process.pid] + [int(pid) for pid in subprocess.run(["pgrep", "-P", str(trust.daemon.process.pid)], capture_output=True, text=True).stdout.split()]
    return sum(int(line.split()[1]) for pid in pids for line in open(f"/proc/{pid}/status") if line.startswith("VmHWM"))


def send_until_answered(trust, person, pieces):
    """A chunked upload that looks whether the answer has come after each piece; the answer's head."""
    with socket.create_connection(("127.0.0.1", trust.port), 20) as sock:
        sock.sendall("".join(f"{name}: {value}\r\n" for name, value in person._headers("POST", {"Content-Type": "application/xml", "Transfer-Encoding": "chunked"}).items())
                     .join(["POST /payout/v1/bank-statements HTTP/1.1\r\nHost: x\r\n", "\r\n"]).encode())
        for piece in pieces:
            for at in range(0, len(piece), 65536):
                part = piece[at:at + 65536]
                if select.select([sock], [], [], 0)[0]:
                    return sock.recv(65536).decode()
                sock.sendall(b"%x\r\n" % len(part) + part + b"\r\n")
        sock.sendall(b"0\r\n\r\n")
        return sock.recv(65536).decode()


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_in_little_memory(trust, treasurer, bomb):
    before = resident(trust)
    answer = send_until_answered(trust, treasurer, BOMBS[bomb]())
    assert answer.startswith("HTTP/1.1 422 ") and "/problems/invalid" in answer, answer
    assert resident(trust) - before < 16 * 1024


def test_a_file_comes_once(trust, bank, treasurer):
    raw = bank.file(entry(500, "once"), entry(700, "later", status="PDNG"), entry(0, "nothing"), total=500)
    first = bank.send(raw)
    assert first.status == 201 and first["statements"][0]["entries"] == 1
    before = balances(trust)
    again = bank.send(raw)
    assert again.status == 200 and again.json == first.json
    refused(bank.send(raw + b"\n"), 409, "statement_conflict")
    bank.balance, bank.sequence = bank.balance + 500, bank.sequence + 1
    refused(bank.send(bank.file(total=0, sequence=bank.sequence + 2)), 422, "chain_broken")
    refused(bank.send(bank.file(total=0, sequence=None)), 422, "chain_broken")
    refused(bank.send(bank.file(total=0, sequence=1)), 422, "chain_broken")
    assert balances(trust) == before


# -- receipts -------------------------------------------------------------

def test_receipts_match_by_reference_number_and_numbers(trust, bank, treasurer):
    one, two, three, four, five = (make_invoice(trust, treasurer, 10000 + n, 1900) for n in range(5))
    before = balances(trust)
    got = bank.book(entry(11900, "r1", detail(11900, ref=one[2], payer=PAYER)), entry(11901, "r2", detail(11901, text=f"invoice {two[1]}, thanks")),
                    entry(11902 + 11903, "r3", detail(text=f"INV-{three[1]} and {four[1]}")), entry(11904 - 25, "r4", detail(11904 - 25, ref=five[2], charges=25)),
                    total=11900 + 11901 + 11902 + 11903 + 11904 - 25)
    assert kinds(got) == [("receipt", "reference"), ("receipt", "number"), ("receipt", "numbers"), ("receipt", "reference")]
    change = moved(trust, before)
    net = sum(10000 + n for n in range(5))
    assert change["Assets:Bank:main"] == net + 5 * 1900 - 25 and change["Expenses:Fees:Rail"] == 25
    assert change["Liabilities:Pool:p:Invoiced"] == net and change["Liabilities:Pool:p:Received"] == -net
    assert not [p for p in change if "Suspense" in p]
    assert trust.sql("SELECT DISTINCT state FROM payout.invoice WHERE id = ANY(%s::uuid[])", [i[0] for i in (one, two, three, four, five)]) == [("paid",)]


def test_what_does_not_fit_exactly_waits(trust, bank, treasurer):
    inv = make_invoice(trust, treasurer, 20000)
    got = bank.book(entry(19999, "w1", detail(ref=inv[2], payer=PAYER)), entry(20001, "w2", detail(text=inv[1])), entry(777, "w3", detail(text="hello")),
                    entry(20000, "w4", detail(ref=inv[2])), entry(20000, "w5", detail(ref=inv[2])), entry(-300, "w6"), total=19999 + 20001 + 777 + 40000 - 300)
    assert [k for k, _ in kinds(got)] == ["suspense", "suspense", "suspense", "receipt", "suspense", "suspense_debit"]


def test_suggestions_are_ranked(trust, bank, treasurer):
    licensee = str(uuid.uuid4())
    paid, named, other_amount = (make_invoice(trust, treasurer, n, licensee=licensee) for n in (31000, 32000, 33000))
    lone = make_invoice(trust, treasurer, 34567)
    bank.book(entry(31000, "s1", detail(ref=paid[2], payer="FR1420041010050500013M02606")), total=31000)
    wrong = named[1][:-1] + str((int(named[1][-1]) + 1) % 10)
    got = bank.book(entry(32000, "s2", detail(32000, text="for nothing", payer="FR1420041010050500013M02606")), entry(34567, "s3", detail(text="?")),
                    entry(5, "s4", detail(text=f"invoice {named[1][5:].lstrip('0')}")), total=32000 + 34567 + 5)
    assert wrong and [k for k, _ in kinds(got)] == ["suspense"] * 3
    first = got[0]["suggestions"]
    assert first[0]["invoice_id"] == named[0] and first[0]["why"] == ["known_iban", "amount"] and first[1]["invoice_id"] == other_amount[0]
    assert [(s["invoice_id"], s["why"]) for s in got[1]["suggestions"]] == [(lone[0], ["amount"])]
    assert named[0] in [s["invoice_id"] for s in got[2]["suggestions"] if "number" in s["why"]]


# -- what a person does ---------------------------------------------------

def test_over_and_underpayment_are_a_persons_choice(trust, bank, treasurer, other):
    inv, more = make_invoice(trust, treasurer, 40000, 7600), make_invoice(trust, treasurer, 1000)
    low, high = bank.book(entry(30000, "p1", detail(ref=inv[2])), entry(20000, "p2", detail(ref=inv[2])), total=50000)
    refused(other.send("POST", f"/payout/v1/bank-entries/{low['id']}/assign-entry", body={"kind": "dues"}), 403, "forbidden")
    part = [{"invoice_id": inv[0], "amount": euro(30000)}]
    for body in ({"invoices": [{"invoice_id": inv[0], "amount": euro(30001)}]}, {"invoices": part, "fee": euro(1)}, {"invoices": part * 2},
                 {"invoices": [{"invoice_id": more[0], "amount": euro(30000)}]}, {"invoices": part, "rest": {"kind": "grant", "amount": euro(1)}},
                 {"invoices": [{"invoice_id": str(uuid.uuid4()), "amount": euro(30000)}]}):
        refused(assign(treasurer, low, kind="receipt", **body), 409, "amount_mismatch")
    refused(assign(treasurer, low, kind="bank_fee"), 422, "invalid")
    refused(assign(treasurer, low, kind="receipt"), 422, "invalid")
    done = assign(treasurer, low, kind="receipt", invoices=part)
    assert done.status == 200 and done["matches"][-1]["rule"] == "person"
    refused(assign(treasurer, low, kind="dues"), 409, "already_matched")
    assert trust.sql("SELECT state, payout.open_amount(id) FROM payout.invoice WHERE id = %s", inv[0]) == [("part_paid", 17600)]
    before = balances(trust)
    done = assign(treasurer, high, kind="receipt", invoices=[{"invoice_id": inv[0], "amount": euro(17600)}, {"invoice_id": more[0], "amount": euro(1000)}],
                  rest={"kind": "grant", "amount": euro(1400)})
    assert done.status == 200, done.raw
    change = moved(trust, before)
    assert change["Liabilities:Suspense:Unmatched"] == 20000 and change["Income:Grants"] == -1400 and "Assets:Bank:main" not in change
    assert trust.sql("SELECT DISTINCT state FROM payout.invoice WHERE id IN (%s, %s)", inv[0], more[0]) == [("paid",)]


@pytest.mark.parametrize("kind, minor, path", [("dues", 1200, "Income:Dues"), ("grant", 1300, "Income:Grants"), ("interest", 7, "Income:Other"),
                                               ("bank_fee", -450, "Expenses:Fees:Bank")])
def test_what_is_no_receipt(trust, bank, treasurer, kind, minor, path):
    item, = bank.book(entry(minor, "k-" + kind), total=minor)
    before = balances(trust)
    assert assign(treasurer, item, kind=kind).status == 200
    suspense = "Liabilities:Suspense:Unmatched" if minor > 0 else "Assets:Suspense:Debit"
    assert moved(trust, before) == {suspense: minor, path: -minor}


def test_money_between_own_accounts_passes_transit(trust, bank, treasurer):
    savings = Bank(treasurer, "savings", SECOND)
    out, = bank.book(entry(-9000, "t1"), total=-9000)
    into, = savings.book(entry(9000, "t2", detail(9000, payer=IBAN)), total=9000)
    assert into["suggestions"][0] == {"kind": "transfer", "account": "main", "why": ["own_account"]}
    assert assign(treasurer, out, kind="transfer").status == 200
    assert balances(trust)["Assets:Transit"] == 9000
    assert assign(treasurer, into, kind="transfer").status == 200
    assert "Assets:Transit" not in balances(trust)


def test_a_reversal_of_the_bank_takes_the_entry_it_takes_back(trust, bank, treasurer):
    wrong, = bank.book(entry(1700, "x1", detail(1700, text="donation?")), total=1700)
    back, unrelated = bank.book(entry(-1700, "x2", reversal=True), entry(-1701, "x3", reversal=True), total=-3401)
    assert kinds([back]) == [("suspense_debit", "none")] and {"kind": "reversal", "entry_id": wrong["id"], "why": ["opposite_amount"]} in back["suggestions"]
    refused(assign(treasurer, unrelated, kind="reversal", entry_id=wrong["id"]), 409, "amount_mismatch")
    before = balances(trust)
    assert assign(treasurer, back, kind="reversal", entry_id=wrong["id"]).status == 200
    assert moved(trust, before) == {"Liabilities:Suspense:Unmatched": 1700, "Assets:Suspense:Debit": -1700}
    refused(assign(treasurer, wrong, kind="dues"), 409, "already_matched")


def test_a_wrong_match_is_reversed_by_a_new_transaction(trust, bank, treasurer, other):
    inv = make_invoice(trust, treasurer, 50000, 9500)
    start = balances(trust)
    item, = bank.book(entry(59500 - 30, "m1", detail(59500 - 30, ref=inv[2], charges=30)), total=59470)
    path = f"/payout/v1/bank-entries/{item['id']}/reverse-match"
    refused(other.send("POST", path, body={"reason": "x"}), 403, "forbidden")
    refused(treasurer.send("POST", path, body={}), 422, "invalid")
    answer = treasurer.send("POST", path, body={"reason": "another licensee's"})
    assert answer.status == 200 and [m["kind"] for m in answer["matches"]] == ["receipt", "suspense"]
    assert moved(trust, start) == {"Assets:Bank:main": 59470, "Liabilities:Suspense:Unmatched": -59470}
    assert trust.sql("SELECT state, payout.open_amount(id) FROM payout.invoice WHERE id = %s", inv[0]) == [("issued", 59500)]
    refused(treasurer.send("POST", path, body={"reason": "again"}), 409, "not_allowed_here")
    assert assign(treasurer, item, kind="grant").status == 200
    assert treasurer.send("POST", path, body={"reason": "no gift"}).status == 200
    assert assign(treasurer, item, kind="receipt", invoices=[{"invoice_id": inv[0], "amount": euro(59500)}], fee=euro(30)).status == 200
    assert trust.sql("SELECT count(*), count(DISTINCT txn_id) FROM payout.entry_match WHERE entry_id = %s", item["id"]) == [(5, 5)]
    trust.sql("INSERT INTO payout.run_receipt SELECT s.id, r.id, s.minor FROM payout.paid_slice AS s, payout.run AS r WHERE false RETURNING 1")


def test_suspense_shows_its_age(trust, bank, treasurer, other):
    assert treasurer.get("/payout/v1/bank-entries?days=30").json["items"] == []
    old = trust.sql("SELECT (current_date - 31)::text")[0][0]
    item, = bank.book(entry(31, "old", day=old), total=31)
    late = treasurer.get("/payout/v1/bank-entries?days=30").json["items"]
    assert [(e["id"], e["suspense"]["days"], e["suspense"]["overdue"]) for e in late] == [(item["id"], 31, True)]
    assert item["id"] in [e["id"] for e in treasurer.get("/payout/v1/bank-entries?limit=1").json["items"]]
    refused(other.send("GET", "/payout/v1/bank-entries"), 403, "forbidden")
    refused(treasurer.send("GET", "/payout/v1/bank-entries?days=x"), 422, "invalid")


# -- own payments ---------------------------------------------------------

def test_own_debits_match_down_the_ladder(trust, bank, treasurer):
    amounts = [1001, 1002, 1003, 1004, 1005, 1006]
    batch = Batch(trust, treasurer, bank, amounts)
    a, b, c, d, e, f = batch.payments
    wrong = Batch(trust, treasurer, bank, [2000])
    before = balances(trust)
    got = bank.book(entry(-a["minor"], "d1", detail(a["minor"] * -1, uetr=a["uetr"].upper(), e2e="NOTPROVIDED")), entry(-b["minor"], "d2", detail(e2e=b["e2e"])),
                    entry(-c["minor"], "d3", detail(instr=c["e2e"])), entry(-d["minor"] + 1, "d4", detail(e2e=d["e2e"])),
                    entry(-b["minor"], "d5", detail(e2e=b["e2e"])), entry(-e["minor"], "d6", detail(uetr=e["uetr"], e2e=f["e2e"])),
                    entry(-d["minor"] - e["minor"] - f["minor"], "d7", batch=(batch.message, None)), entry(-1999, "d8", batch=(None, wrong.message + "-1")),
                    total=-sum(amounts) - d["minor"] + 1 - b["minor"] - e["minor"] - 1999)
    assert kinds(got) == [("payment", "uetr"), ("payment", "end_to_end"), ("payment", "instruction"), ("suspense_debit", "none"), ("suspense_debit", "none"),
                          ("suspense_debit", "none"), ("payment", "batch"), ("suspense_debit", "none")]
    assert moved(trust, before)[f"Liabilities:PayoutInFlight:{batch.id}"] == sum(amounts)
    assert trust.sql("SELECT state FROM payout.batch WHERE id IN (%s, %s) ORDER BY state", batch.id, wrong.id) == [("closed",), ("sent",)]


def test_one_block_of_a_batch_is_booked_as_one_line(trust, bank, treasurer):
    batch = Batch(trust, treasurer, bank, [10, 20, 30, 40, 50], block=2, state="unknown")
    got = bank.book(entry(-70, "b1", batch=(batch.message, batch.message + "-2")), total=-70)
    assert kinds(got) == [("payment", "payment_info")]
    assert trust.sql("SELECT minor, state FROM payout.payment WHERE batch_id = %s ORDER BY minor", batch.id) == [
        (10, "in_flight"), (20, "in_flight"), (30, "booked"), (40, "booked"), (50, "in_flight")]
    assert trust.sql("SELECT state FROM payout.batch WHERE id = %s", batch.id) == [("sent",)]


def test_returns_are_never_income(trust, bank, treasurer):
    batch = Batch(trust, treasurer, bank, [23275, 5000, 6000, 7000])
    a, b, c, d = batch.payments
    bank.book(entry(-41275, "e1", batch=(batch.message, None)), total=-41275)
    before = balances(trust)
    got = bank.book(entry(22975, "e2", detail(22975, e2e=a["e2e"], reason="AC04")), entry(5001, "e3", detail(5001, e2e=b["e2e"], reason="MS03")),
                    entry(900, "e4", detail(900, e2e="E" + "0" * 26, reason="AC04")), entry(6000, "e5", detail(6000, e2e=c["e2e"], uetr=d["uetr"], reason="AC01")),
                    entry(12900, "e6", detail(5900, e2e=c["e2e"], reason="RR04") + detail(7000, uetr=d["uetr"], reason="CNOR")),
                    entry(22975, "e7", detail(22975, e2e=a["e2e"], reason="AC04")), total=22975 + 5001 + 900 + 6000 + 12900 + 22975)
    assert [k for k, _ in kinds(got)] == ["return", "suspense", "suspense", "suspense", "return", "suspense"]
    change = moved(trust, before)
    assert change[f"Liabilities:Member:{a['member']}:Held:Returned"] == -23275 and change["Expenses:Fees:Return"] == 300 + 100
    assert not [p for p in change if p.startswith("Income")]
    blocked = {row[0] for row in trust.sql("SELECT id::text FROM payout.payee_account_event WHERE kind = 'blocked'")}
    assert {a["account"], d["account"]} <= blocked and c["account"] not in blocked and b["account"] not in blocked
    assert trust.sql("SELECT count(*) FROM log.outbox WHERE topic = 'notice' AND payload->>'kind' = 'payment.look' AND payload->>'subject' = %s", "payment " + c["id"])[0][0] >= 1


def test_a_person_finds_the_payments_behind_an_entry(trust, bank, treasurer):
    batch = Batch(trust, treasurer, bank, [400, 600])
    a, b = batch.payments
    out, = bank.book(entry(-1000, "f1"), total=-1000)
    refused(assign(treasurer, out, kind="payment", payments=[a["id"]]), 409, "amount_mismatch")
    refused(assign(treasurer, out, kind="payment", payments=[a["id"], a["id"]]), 409, "amount_mismatch")
    assert assign(treasurer, out, kind="payment", payments=[a["id"], b["id"]]).status == 200
    back, = bank.book(entry(390, "f2"), total=390)
    refused(assign(treasurer, back, kind="return", payments=[str(uuid.uuid4())]), 409, "amount_mismatch")
    before = balances(trust)
    assert assign(treasurer, back, kind="return", payments=[a["id"]], reason="AC04").status == 200
    assert moved(trust, before) == {"Liabilities:Suspense:Unmatched": 390, "Expenses:Fees:Return": 10, f"Liabilities:Member:{a['member']}:Held:Returned": -400}


# -- notices --------------------------------------------------------------

def test_a_notice_only_adds_details(trust, bank, treasurer):
    early, late = make_invoice(trust, treasurer, 61000), make_invoice(trust, treasurer, 62000)
    before = balances(trust)
    first = bank.send(camt054([entry(61000, "n1", detail(61000, ref=early[2])), entry(5, None, detail(5, text="no reference"))], IBAN, "N1"))
    assert first.status == 201 and first["notices"] == 1 and balances(trust) == before
    a, b, c = bank.book(entry(61000, "n1"), entry(62000, "n2"), entry(63000, "n3"), total=61000 + 62000 + 63000)
    assert kinds([a, b, c]) == [("receipt", "reference"), ("suspense", "none"), ("suspense", "none")]
    raw = camt054([entry(62000, "n2", detail(62000, text=late[1])), entry(63001, "n3", detail(63001, text=late[1])), entry(63000, "n3", detail(text="from aunt Ada"))], IBAN, "N2")
    before = balances(trust)
    assert bank.send(raw).status == 201
    change = moved(trust, before)
    assert change["Liabilities:Suspense:Unmatched"] == 62000 and "Assets:Bank:main" not in change
    seen = {e["id"]: e for e in treasurer.get(f"/payout/v1/bank-statements/{b['statement_id']}/entries").json["items"]}
    assert kinds([seen[b["id"]], seen[c["id"]]]) == [("receipt", "number"), ("suspense", "none")]
    assert seen[c["id"]]["notices"][0]["text"] == "from aunt Ada" and seen[c["id"]]["detail"]["details"] == []
    before = balances(trust)
    assert bank.send(raw).status == 200 and balances(trust) == before
    refused(bank.send(camt054([entry(1, "z")], FOREIGN)), 422, "invalid")


# -- the inbox ------------------------------------------------------------

def test_the_inbox_is_read_in_order_and_once(trust, bank, treasurer):
    inbox = trust.stack.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    inv = make_invoice(trust, treasurer, 71000)
    one = bank.file(entry(71000, "i1", detail(ref=inv[2])), total=71000)
    bank.balance, bank.sequence = bank.balance + 71000, bank.sequence + 1
    two = bank.file(entry(5, "i2"), total=5)
    bank.balance, bank.sequence = bank.balance + 5, bank.sequence + 1
    foreign = camt053(statement("f", 1, 0, 0, [], FOREIGN))
    # the later statement has the earlier name: it waits until the other has come
    for name, raw, age in (("a.xml", two, 0), ("b.xml", one, 0), ("c.xml", one, 0), ("f.xml", foreign, 120), ("h.part", one, 0), (".g.xml", one, 0)):
        (inbox / (name + ".tmp")).write_bytes(raw)
        os.utime(inbox / (name + ".tmp"), (time.time() - age, time.time() - age))
        (inbox / (name + ".tmp")).rename(inbox / name)
    (inbox / "half.xml").write_bytes(one[:-30])
    (inbox / "link.xml").symlink_to("/etc/passwd")
    eventually("the inbox to be read", lambda: {p.name for p in (inbox / "done").glob("*")} == {"a.xml", "b.xml", "c.xml"} and (inbox / "refused" / "f.xml").exists(), 40)
    assert {p.name for p in inbox.glob("*.xml")} == {".g.xml", "half.xml", "link.xml"} and balances(trust)["Assets:Bank:main"] == bank.balance
    assert trust.sql("SELECT name, outcome FROM payout.inbox_file ORDER BY name, at") == [
        ("a.xml", "chain_broken"), ("a.xml", "imported"), ("b.xml", "imported"), ("c.xml", "already_imported"), ("f.xml", "invalid")]
    assert trust.sql("SELECT imported_by IS NULL FROM payout.bank_statement ORDER BY no DESC LIMIT 2") == [(True,), (True,)]
    assert trust.sql("SELECT count(*) FROM log.outbox WHERE payload->>'kind' = 'bank_file.refused'")[0][0] == 2
    for name in ("half.xml", "link.xml"):
        (inbox / name).unlink()


# -- always ---------------------------------------------------------------

def test_the_book_is_the_bank(trust, bank, treasurer):
    assert balances(trust)["Assets:Bank:main"] == bank.balance
    assert trust.sql("SELECT sum(minor) FROM payout.balance")[0][0] == 0
    assert trust.sql("SELECT count(*) FROM payout.import_entry")[0][0] == trust.sql("SELECT count(*) FROM payout.import_claim")[0][0] == 0
    waiting = trust.sql("SELECT COALESCE(sum(e.minor), 0) FROM payout.bank_entry AS e WHERE e.minor > 0 AND payout.in_suspense(e.id)")[0][0]
    assert -balances(trust)["Liabilities:Suspense:Unmatched"] == waiting + 1_000_000  # what the account held before its first statement


@pytest.mark.parametrize("what, state", [
    ("INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule) SELECT entry_id, 2, 'dues', txn_id, 'x' FROM payout.entry_match WHERE step = 1 AND kind = 'receipt' LIMIT 1", "23001"),
    ("INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule) SELECT entry_id, 3, 'dues', txn_id, 'x' FROM payout.entry_match AS m WHERE kind = 'suspense' AND step = 1 AND NOT "
     "EXISTS (SELECT FROM payout.entry_match AS n WHERE n.entry_id = m.entry_id AND n.step > 1) LIMIT 1", "23001"),
    ("UPDATE payout.entry_match SET rule = 'x'", "23001"), ("DELETE FROM payout.bank_entry", "23001"), ("TRUNCATE payout.bank_notice", "23001"),
    ("UPDATE payout.receipt_undone SET at = now()", "23001"),
    ("INSERT INTO payout.receipt_undone (txn_id, undone_txn_id) SELECT txn_id, undone_txn_id FROM payout.receipt_undone", "23505")])
def test_attacks_on_the_evidence(trust, what, state):
    import psycopg2
    with pytest.raises(psycopg2.Error) as caught:
        trust.sql(what)
    assert caught.value.pgcode == state


def test_no_service_role_writes_the_evidence(trust):
    import psycopg2
    for role in ("ch_payout", "ch_worker", "ch_governance", "ch_audit"):
        for table in ("bank_entry", "entry_match", "bank_notice", "status_report", "import_entry"):
            for verb in (f"DELETE FROM payout.{table}", f"INSERT INTO payout.{table} DEFAULT VALUES"):
                with pytest.raises(psycopg2.Error) as caught:
                    trust.sql_as(role, verb)
                assert caught.value.pgcode == "42501", (role, verb)


def test_a_file_longer_than_a_request_waits_is_for_the_inbox(trust, treasurer):
    """The limit follows statement_timeout: 50,000 entries in 30 s."""
    def sent(entries):
        return trust.sql("SET statement_timeout = 30000; SELECT a.outcome, a.body->>'detail' FROM payout.import_statement(%s, %s, %s) AS a", treasurer.subject, b"x",
                         json.dumps({"statements": [{"entries": [{"minor": 1}] * entries}]}))[0]
    outcome, words = sent(50001)
    assert outcome == "too_large" and "at most 50000 entries" in words and "inbox" in words
    assert sent(1)[0] == "invalid"
