# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports of the journal, judged by the tools they are written for: each accepts the file, their balances are the trial balance, and each refuses it when one character of
an amount, an assertion or an account's name is changed. That a tool exits with 0 proves nothing by itself."""
import csv
import io
import json
import re
import subprocess
import uuid

import pytest

from bookkeeping import MONTHS, PAY, TODAY, Books, euro, refused

#: What is called, and what it must come to.
TOOLS = {"hledger": ("hledger", "-f", "{}", "check", "-s", "ordereddates"), "ledger": ("ledger", "-f", "{}", "--strict", "--pedantic", "bal"), "beancount": ("bean-check", "{}")}


@pytest.fixture(scope="module")
def books(stack):
    made = stack.trust()
    books = Books(made, opening=10_000_000)
    member, other = str(uuid.uuid4()), "a" + str(uuid.uuid4())[1:]
    payable = f"Liabilities:Member:{member}:Payable"
    # three months, several days each; what is booked later is dated earlier, so that the order of days is not that of booking
    for day, kind, *lines in ((MONTHS[1], "receipt", ("Assets:Suspense:Debit", 100000), ("Liabilities:Pool:a.ir_2-x:Received", -100000)),
                              (MONTHS[2], "interest", ("Assets:Transit", 505), ("Income:Other", -505)),
                              (MONTHS[1], "distribution", ("Liabilities:Pool:a.ir_2-x:Received", 70001), (payable, -40000), (f"Liabilities:Member:{other}:Payable", -30001)),
                              (MONTHS[0], "hold", (payable, 40000), (f"Liabilities:Member:{member}:Held:BankMissing", -40000)),
                              (MONTHS[2], "interest", ("Assets:Transit", -5), ("Income:Other", 5)),
                              (MONTHS[2], "twice_in_one", ("Assets:Transit", -200), ("Assets:Transit", -300), ("Income:Other", 500)),
                              (TODAY, "dues", ("Assets:Suspense:Debit", 7), ("Income:Dues", -7))):
        books.post(kind, *lines, occurred_on=str(day))
    invoice = books.invoice()
    books.pay(invoice, 50000)
    yield books
    stack.release(made)


def export(books, form, **query):
    answer = books.tess.get(f"{PAY}/exports/{form}" + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else ""))
    assert answer.status == 200
    return answer.raw.decode()


def judged(form, text, tmp_path):
    path = tmp_path / f"journal.{form}"
    path.write_text(text)
    return subprocess.run([part.format(path) for part in TOOLS[form]], capture_output=True, text=True, timeout=120)


def trial(books, day=None):
    """Balances of every account, members' each by itself, at the end of a day."""
    return {path: minor for path, minor in books.trust.sql(
        "SELECT a.path, sum(p.minor)::bigint FROM payout.posting AS p JOIN payout.txn AS t USING (month, txn_id) JOIN payout.account AS a USING (owner_id, account_id) "
        "WHERE %s::date IS NULL OR t.occurred_on <= %s::date GROUP BY 1 HAVING sum(p.minor) <> 0", day, day)}


def ranges():
    yield {}
    yield {"from": MONTHS[1]}
    yield {"from": MONTHS[1], "to": MONTHS[1]}
    yield {"from": MONTHS[2].replace(day=2), "to": MONTHS[0]}


@pytest.mark.parametrize("form", TOOLS)
def test_tools_accept_every_span(books, form, tmp_path):
    for query in ranges():
        done = judged(form, export(books, form, **query), tmp_path)
        assert done.returncode == 0, (query, done.stdout, done.stderr)


def test_balances_are_those_of_the_book(books, tmp_path):
    for query in ranges():
        path = tmp_path / "journal"
        path.write_text(export(books, "hledger", **query))
        found = {}
        for txn in json.loads(subprocess.run(["hledger", "-f", path, "print", "-O", "json"], capture_output=True, check=True, timeout=120).stdout):
            for posting in txn["tpostings"]:
                amount, = posting["pamount"]
                assert amount["acommodity"] == "EUR" and amount["aquantity"]["decimalPlaces"] == 2
                found[posting["paccount"]] = found.get(posting["paccount"], 0) + amount["aquantity"]["decimalMantissa"]
        assert {path: minor for path, minor in found.items() if minor} == trial(books, query.get("to")), query


def changed(text, pattern):
    """The file with one character changed at each place the pattern's group stands, one at a time."""
    for found in re.finditer(pattern, text, re.M):
        at = found.end(1) - 1
        for to in {"1": "27", "9": "80"}.get(text[at], "19" if text[at].isdigit() else "qZ" if text[at] not in "qZ" else "wY")[:1]:
            yield f"{text[:at]}{to}{text[at + 1:]}"


#: Where amounts, assertions and names stand; the last digit, the last letter.
PLACES = {
    "hledger": {"amount": r"^    \S+  (-?[\d.]+) EUR", "assertion": r"= (-?[\d.]+) EUR$", "name": r"^    ([A-Z]\S+)  "},
    "ledger": {"amount": r"^    [A-Z]\S+  (-?[\d.]+) EUR", "assertion": r"= (-?[\d.]+) EUR$", "name": r"^    ([A-Z]\S+)  -?\d"},
    "beancount": {"amount": r"^  [A-Z]\S+  (-?[\d.]+) EUR", "assertion": r"^\S+ balance \S+  (-?[\d.]+) ~ 0", "name": r"^  ([A-Z]\S+)  -?\d"},
}


@pytest.mark.parametrize("form,place", [(form, place) for form, places in PLACES.items() for place in places])
def test_one_changed_character_is_refused(books, form, place, tmp_path):
    text = export(books, form, **{"from": MONTHS[1]})
    assert judged(form, text, tmp_path).returncode == 0
    wrong = list(changed(text, PLACES[form][place]))
    assert len(wrong) >= 8
    wrong = wrong[::len(wrong) // 8]
    for number, one in enumerate(wrong):
        done = judged(form, one, tmp_path)
        assert done.returncode != 0, f"change {number} of {place} passes: {done.stdout}"


def test_declarations_are_needed(books, tmp_path):
    """A file without one of its account lines is refused, and so is one that is cut off."""
    for form, start in (("hledger", "account "), ("ledger", "account "), ("beancount", f"{MONTHS[1]} open ")):
        lines = export(books, form, **{"from": MONTHS[1]}).splitlines(keepends=True)
        at = next(n for n, line in enumerate(lines) if line.startswith(start))
        assert judged(form, "".join(lines[:at] + lines[at + 1:]), tmp_path).returncode != 0, form


def test_tags_tell_where_a_transaction_comes_from(books):
    number, kind, sha = books.trust.sql("SELECT txn_no, kind, evidence_sha256 FROM payout.txn WHERE kind = 'dues'")[0]
    books.trust.wait_sql("the leaf", "SELECT count(*) > 0 FROM log.entry AS e JOIN payout.txn AS t ON e.object_id = t.txn_id::text WHERE t.txn_no = %s", number)
    leaf, = books.trust.sql("SELECT e.index FROM log.entry AS e JOIN payout.txn AS t ON e.object_id = t.txn_id::text AND e.type = 'txn' WHERE t.txn_no = %s", number)[0]
    assert f"; txid:{number}, kind:{kind}, evidence:{sha}, leaf:{leaf}\n" in export(books, "hledger")
    assert f"    ; txid: {number}\n    ; kind: {kind}\n    ; evidence: {sha}\n    ; leaf: {leaf}\n" in export(books, "ledger")
    assert f'  txid: {number}\n  kind: "{kind}"\n  evidence: "{sha}"\n  leaf: {leaf}\n' in export(books, "beancount")


def test_csv_has_every_posting_and_its_running_balance(books):
    rows = list(csv.DictReader(io.StringIO(export(books, "csv"), newline="")))
    assert len(rows) == books.trust.sql("SELECT count(*) FROM payout.posting")[0][0]
    assert [(r["occurred_on"], int(r["txid"])) for r in rows] == sorted((r["occurred_on"], int(r["txid"])) for r in rows)
    held = {}
    for row in rows:
        assert re.fullmatch(r"-?\d+\.\d\d", row["amount"]) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["recorded_at"])
        held[row["account"]] = held.get(row["account"], 0) + int(row["amount"].replace(".", ""))
        assert int(row["balance"].replace(".", "")) == held[row["account"]]
    assert {path: minor for path, minor in held.items() if minor} == trial(books)


def test_cells_are_no_formulas(books):
    for resolution in ("=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-2", "@SUM(A1)"):
        books.post("x", ("Assets:Suspense:Debit", 1), ("Income:Other", -1), resolution=resolution)
    cells = [cell for row in csv.reader(io.StringIO(export(books, "csv"), newline="")) for cell in row]
    assert "'=HYPERLINK(\"http://x\",\"y\")" in cells and "'+1+1" in cells and "'@SUM(A1)" in cells
    assert not any(cell[:1] in "=+@" and cell for cell in cells) and all(re.fullmatch(r"-\d+\.\d\d", cell) for cell in cells if cell.startswith("-"))


def test_members_are_ids(books):
    names = [founder["display_name"] for founder in books.trust.charter["founders"]]
    for form in (*TOOLS, "csv"):
        text = export(books, form)
        assert "Liabilities:Member:" in text and not any(name in text for name in names)


def test_exports_are_the_treasurer_s(books):
    refused(books.lin.send("GET", f"{PAY}/exports/csv"), 403, "forbidden")
    refused(books.tess.send("GET", f"{PAY}/exports/pdf"), 404, "not_found")
    for query in ("from=2026-02-30", "from=2026-02-02&to=2026-02-01", "to=x"):
        refused(books.tess.send("GET", f"{PAY}/exports/csv?{query}"), 400, "bad_request")


def test_a_long_journal_comes_in_pages(books, tmp_path):
    """More postings than a page holds, one transaction longer than a page."""
    lines = [(f"Assets:Receivable:L{n % 7}", 1) for n in range(4500)]
    books.post("long", *lines, ("Income:Other", -len(lines)))
    for _ in range(3):
        books.post("long", *lines[:900], ("Income:Other", -900))
    rows = list(csv.DictReader(io.StringIO(export(books, "csv"), newline="")))
    assert len(rows) == books.trust.sql("SELECT count(*) FROM payout.posting")[0][0] and len({(r["txid"], r["line"]) for r in rows}) == len(rows)
    assert judged("hledger", export(books, "hledger"), tmp_path).returncode == 0
