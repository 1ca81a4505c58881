# SPDX-License-Identifier: AGPL-3.0-or-later
"""The auditor's checks of the books beside the table of faults: prices by the standard's vectors, the treasurer's bank files, the service's exports read by other
people's programs, books with hardly anything in them."""
import json
import re

import pytest

from auditing import Books, is_clean, looked_at, told_in
from bookkeeping import MONTHS, PAY
from bookkeeping import Books as Trading

MINE = "B1,B2,B3,B4,B5,B6,L5,L6,L7,L8,R1,R2,R3,X1"
FORMATS = ("hledger", "ledger", "beancount")


# -- prices -------------------------------------------------------------------------------

def plan(*charges, **more):
    return {"schema": "price-plan/1", "plan": "p", "version": 1, "currency": "EUR", "charges": list(charges), **more}


Q1 = {"id": "q", "model": "per_unit", "meter": "rows", "unit_micro": 50000, "free": 1000}
TIERS = [{"up_to": 1000, "unit_micro": 1000000}, {"up_to": 10000, "unit_micro": 400000, "flat": 100}, {"up_to": None, "unit_micro": 125000}]
FLAT = {"id": "f", "model": "flat", "amount": 5000}
SIX = {"cap": 6000, "minimum": 8000}

#: Plan, tier, units of rows (and sample, of req, revenue), lines as class units/amount: the vectors of the standard.
VECTORS = {
    "Q1": (plan(Q1), {"rows": (123456, 250)}, "SAMPLE 250/0, GRACE 1000/0, VARIABLE 122456/6123"),
    "Q2a": (plan({"id": "q", "model": "graduated", "meter": "rows", "tiers": TIERS}), {"rows": (12345, 0)}, "VARIABLE 12345/4993"),
    "Q2b": (plan({"id": "q", "model": "graduated", "meter": "rows", "tiers": TIERS}), {"rows": (1000, 0)}, "VARIABLE 1000/1000"),
    "Q2c": (plan({"id": "q", "model": "graduated", "meter": "rows", "tiers": TIERS}), {"rows": (1001, 0)}, "VARIABLE 1001/1100"),
    "Q3a": (plan({"id": "q", "model": "volume", "meter": "rows", "tiers": TIERS}), {"rows": (1000, 0)}, "VARIABLE 1000/1000"),
    "Q3b": (plan({"id": "q", "model": "volume", "meter": "rows", "tiers": TIERS}), {"rows": (1001, 0)}, "VARIABLE 1001/500"),
    "Q3c": (plan({"id": "q", "model": "volume", "meter": "rows", "tiers": TIERS}), {"rows": (12345, 0)}, "VARIABLE 12345/1543"),
    "Q4a": (plan({"id": "q", "model": "package", "meter": "rows", "size": 1000, "price": 750}), {"rows": (1, 0)}, "VARIABLE 1/750"),
    "Q4b": (plan({"id": "q", "model": "package", "meter": "rows", "size": 1000, "price": 750}), {"rows": (3001, 0)}, "VARIABLE 3001/3000"),
    "Q5": (plan({"id": "q", "model": "percent", "rate_ppm": 10000, "free": 1000000}), {"revenue": 98765432}, "GRACE 1000000/0, VARIABLE 97765432/977654"),
    "Q6": (plan(FLAT, Q1, **SIX), {"rows": (123456, 0)}, "FIXED 0/5000, GRACE 1000/0, VARIABLE 119990/6000, CAPPED 2466/0"),
    "Q7": (plan(FLAT, Q1, **SIX), {"rows": (20000, 0)}, "FIXED 0/5000, GRACE 1000/0, VARIABLE 19000/950, FIXED 0/2050"),
    "Q8": (plan(FLAT, Q1, discounts={"t": 333333}, **SIX), {"rows": (123456, 0)}, "FIXED 0/3333, GRACE 1000/0, VARIABLE 122456/4082"),
    "Q9": (plan(FLAT, Q1, discounts={"t": 1000000}, **SIX), {"rows": (123456, 0)}, "GRACE 1000/0, VARIABLE 122456/0"),
    "Q10a": (plan({**Q1, "unit_micro": 500000, "free": 0}), {"rows": (1, 0)}, "VARIABLE 1/1"),
    "Q10b": (plan({**Q1, "unit_micro": 499999, "free": 0}), {"rows": (1, 0)}, "VARIABLE 1/0"),
    "Q11": (plan({**FLAT, "amount": 3000}, {**Q1, "unit_micro": 333000000, "per": 1000, "free": 100}), {"rows": (12445, 0)}, "FIXED 0/3000, GRACE 100/0, VARIABLE 12345/4111"),
    "Q12": (plan(Q1, {"id": "r", "model": "package", "meter": "req", "size": 100, "price": 300}, cap=6500), {"rows": (123456, 0), "req": (450, 0)},
            "GRACE 1000/0, VARIABLE 122456/6123, VARIABLE 101/377, CAPPED 349/0"),
    "rounded up": (plan({**Q1, "unit_micro": 1, "free": 0}, round="up"), {"rows": (1, 0)}, "VARIABLE 1/1"),
    "rounded down": (plan({**Q1, "unit_micro": 999999, "free": 0}, round="down"), {"rows": (1, 0)}, "VARIABLE 1/0"),
    "nothing fits": (plan(FLAT, Q1, cap=0), {"rows": (1001, 0)}, "FIXED 0/5000, GRACE 1000/0, VARIABLE 1/0"),
    "no room": (plan(Q1, cap=0), {"rows": (1100, 0)}, "GRACE 1000/0, CAPPED 100/0"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_prices_are_those_of_the_standard(stack, name):
    made, meters, expected = VECTORS[name]
    usage = {"schema": "price-usage/1", "period": "2026-01", "currency": "EUR", "tier": "t", "declared_revenue": meters.get("revenue", 0),
             "meters": {meter: {"units": of[0], "sample": of[1]} for meter, of in meters.items() if meter != "revenue"}}
    rows = query_template(stack, "SELECT class, units::bigint, minor::bigint FROM audit.price_usage(%s, %s)", json.dumps(made), json.dumps(usage))
    assert ", ".join(f"{kind} {units}/{minor}" for kind, units, minor in rows) == expected


def query_template(stack, statement, *args):
    books = Books(stack.admin, "audit_prices", "template_trust")
    try:
        return books.sql(statement, *args)
    finally:
        books.drop()


# -- the treasurer's files ----------------------------------------------------------------

@pytest.fixture
def fetched(books, tmp_path):
    """A copy of the files, that may be spoiled."""
    for path in (books.folder / "statements").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def judged(books, fetched):
    return books.audit("--full", "--checks", "B1,B2,B3", "--statements", str(fetched))


def test_the_bank_s_own_files_are_clean(books, fetched):
    is_clean(books, "--full", "--strict", "--checks", "B1,B2,B3", "--statements", str(fetched))


def test_a_statement_that_was_never_imported_is_told_with_its_debits(books, fetched):
    last = sorted(fetched.iterdir())[-1]
    more = last.read_bytes()
    ref = re.search(rb"<Stmt>\s*<Id>([^<]+)</Id>", more)[1]
    more = more.replace(b"<Id>" + ref + b"</Id>", b"<Id>never</Id>").replace(b"CRDT", b"DBIT")
    (fetched / "9999.xml").write_bytes(more)
    code, report = judged(books, fetched)
    assert code == 1
    assert {(f.check, f.aspect) for f in told_in(report)} == {("B1", "imported"), *(("B2", f"fetched debit {n + 1}") for n in range(more.count(b"<Ntry>")))}


def test_a_statement_that_the_bank_did_not_give_is_told(books, fetched):
    """Between two that it gave; at the end of them it is only said that nobody compared it."""
    files = [path for path in sorted(fetched.iterdir()) if b"<Id>main-" not in path.read_bytes()]
    main = [row[0] for row in books.sql("SELECT s.id::text FROM payout.bank_statement AS s JOIN payout.bank_account AS b ON b.id = s.bank_account_id WHERE b.name = 'main' ORDER BY s.no")]
    refs = dict(books.sql("SELECT id::text, statement_ref FROM payout.bank_statement"))
    of = {ref: path for path in files for ref in refs.values() if f"<Id>{ref}</Id>".encode() in path.read_bytes()}
    of[refs[main[1]]].unlink()
    of[refs[main[-1]]].unlink()
    code, report = judged(books, fetched)
    assert code == 1 and [(f.check, f.object, f.aspect) for f in told_in(report)] == [("B1", main[1], "fetched")]
    assert any(refs[main[-1]] in text for check in report["checks"] if check["id"] == "B1" for text in check["not_checked"])


@pytest.mark.parametrize("pattern,aspect", [(rb"(<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">)\d", "fetched closing"), (rb"(<Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">)\d", "fetched opening"),
                                            (rb"(<ElctrncSeqNb>)\d", "fetched sequence")])
def test_another_balance_or_number_in_the_bank_s_file_is_told(books, fetched, pattern, aspect):
    path = next(p for p in sorted(fetched.iterdir()) if re.search(pattern, p.read_bytes()))
    path.write_bytes(re.sub(pattern, rb"\g<1>7", path.read_bytes(), count=1))
    code, report = judged(books, fetched)
    assert code == 1 and aspect in {f.aspect for f in told_in(report)} and {f.check for f in told_in(report)} == {"B1"}


def test_what_is_no_bank_file_is_said_to_be_unread(books, fetched):
    (fetched / "notes.txt").write_text("call the bank")
    code, report = judged(books, fetched)
    assert code == 0 and all(any("notes.txt" in text for text in check["not_checked"]) for check in report["checks"])


# -- exports ------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def exported(stack, tmp_path_factory):
    """(books, folder of what the treasurer exported of them)"""
    trust, folder = stack.trust(), tmp_path_factory.mktemp("exports")
    trading = Trading(trust, opening=1_000_000)
    trading.pay(trading.invoice(), 50000)
    trading.post("by_hand", ("Assets:Suspense:Debit", 7), ("Income:Dues", -7), occurred_on=str(MONTHS[1]))
    for form in FORMATS:
        (folder / f"books.{form}").write_bytes(trading.tess.get(f"{PAY}/exports/{form}").raw)
    trading.post("by_hand", ("Assets:Suspense:Debit", 9), ("Income:Dues", -9))  # behind the exports
    trust.stop()
    books = Books(stack.admin, "audit_exports", trust.name, folder)
    stack.release(trust)
    yield books, folder
    books.drop()


def read(exported, folder=None):
    books, _ = exported
    return books.audit("--full", "--checks", "X1", "--exports", *([str(folder)] if folder else []))


def spoiled(folder, tmp_path, form, *changes):
    """A folder with the export of one format, some of its text changed."""
    text = (folder / f"books.{form}").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    (tmp_path / f"books.{form}").write_text(text)
    return tmp_path


def test_exports_are_the_ledger_s(exported):
    for folder in (None, exported[1]):
        code, report = read(exported, folder)
        assert (code, told_in(report), [c["not_checked"] for c in report["checks"]]) == (0, [], [[]]), report
        assert looked_at(report, "X1") > 0


@pytest.mark.parametrize("form", FORMATS)
def test_one_figure_that_was_changed_is_refused(exported, tmp_path, form):
    code, report = read(exported, spoiled(exported[1], tmp_path, form, ("  0.07 EUR", "  0.08 EUR")))
    assert code == 1 and [f[1:6] for f in told_in(report)] == [("export", f"books.{form}", "accepted", "accepted", "refused")]


@pytest.mark.parametrize("form,changes", [
    ("hledger", (("  0.07 EUR", "  0.08 EUR"), ("= 0.07 EUR", "= 0.08 EUR"), ("  -0.07 EUR", "  -0.08 EUR"), ("= -0.07 EUR", "= -0.08 EUR"))),
    ("ledger", (("  0.07 EUR", "  0.08 EUR"), ("= 0.07 EUR", "= 0.08 EUR"), ("  -0.07 EUR", "  -0.08 EUR"), ("= -0.07 EUR", "= -0.08 EUR"))),
    ("beancount", (("  0.07 EUR", "  0.08 EUR"), ("  0.07 ~", "  0.08 ~"), ("  -0.07 EUR", "  -0.08 EUR"), ("  -0.07 ~", "  -0.08 ~")))])
def test_figures_that_were_changed_to_agree_are_told(exported, tmp_path, form, changes):
    """The tool accepts the file; its balances are not the ledger's."""
    code, report = read(exported, spoiled(exported[1], tmp_path, form, *changes))
    assert code == 1 and [f[2:8] for f in told_in(report)] == [(f"books.{form}", "Assets:Suspense:Debit", "7", "8", 1, "trust"), (f"books.{form}", "Income:Dues", "-7", "-8", -1, "trust")]


def test_a_format_that_is_not_in_the_folder_is_not_checked(exported, tmp_path):
    (tmp_path / "books.ledger").write_text((exported[1] / "books.ledger").read_text())
    code, report = read(exported, tmp_path)
    assert code == 0 and len(report["checks"][0]["not_checked"]) == 2


def test_a_tool_that_is_not_there_is_not_checked(exported, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, report = read(exported)
    assert code == 0 and len(report["checks"][0]["not_checked"]) == 3


# -- hardly anything ----------------------------------------------------------------------

def test_an_empty_database_is_clean(stack):
    books = Books(stack.admin, "audit_nothing", "template_trust")
    try:
        for mode in ("--full", "--incremental"):
            is_clean(books, mode, "--checks", MINE, "--exports")
    finally:
        books.drop()


def test_one_invoice_and_its_receipt_are_clean(exported):
    books, _ = exported
    for mode in ("--incremental", "--full", "--incremental"):
        is_clean(books, mode, "--checks", MINE, "--exports")
