# SPDX-License-Identifier: AGPL-3.0-or-later
"""payout.post_many against payout.post one after the other: over random books both leave the same journal, balances, numbers, outside events and leaves, and refuse the
same transaction for the same reason. CH_ROUNDS books; the seed is printed."""
import json
import os
import random
import uuid

import psycopg2
import pytest

ROUNDS = int(os.environ.get("CH_ROUNDS", "100"))
DAY, LATE, CLOSED = "2026-11-20", "2026-10-02", "2026-09-15"
MEMBERS = [str(uuid.UUID(int=n)) for n in range(1, 4)]
ACCOUNTS = ["Assets:Bank:main", "Assets:Receivable:L", "Liabilities:VAT:DE", "Liabilities:Pool:p:Invoiced", "Liabilities:Pool:p:Received", "Income:Dues", "Expenses:Fees:Rail",
            "Liabilities:Suspense:Unmatched", "Equity:Fund:Commons", "Liabilities:Unclaimed"] + [f"Liabilities:Member:{m}:Payable" for m in MEMBERS]
#: What may be wrong with one transaction of a set, by the outcome that is expected of it alone.
FAULTS = {"sum": "not_balanced", "single": "not_balanced", "evidence": "invalid", "closed": "period_closed", "chart": "invalid", "shut": "invalid", "ref": "already_matched",
          "concerns": "invalid", "bound": "bound_broken", "reverse": "not_found", "reserve": "reserve_locked"}
SET = """SELECT (a).outcome, (a).body FROM (SELECT payout.post_many(payout.read_txns(%s), payout.read_lines(%s), payout.read_refs(%s)) AS a OFFSET 0) AS x"""
ONE = "SELECT (a).outcome, (a).body FROM (SELECT payout.post(%s, %s) AS a OFFSET 0) AS x"
#: Everything a booking leaves, without what differs between any two calls: ids of accounts and times.
LEFT = {
    "txn": "SELECT txn_no, txn_id::text, month, kind, occurred_on, actor, approvals, evidence_sha256, resolution, concerns, reverses, postings, debit_minor FROM payout.txn ORDER BY 1",
    "posting": "SELECT p.month, p.owner_id::text, a.path, p.txn_id::text, p.line, p.minor, p.after_minor FROM payout.posting AS p JOIN payout.account AS a USING (owner_id, account_id) "
               "ORDER BY 4, 5",
    "balance": "SELECT a.path, b.minor, b.version, b.min_minor, b.max_minor FROM payout.balance AS b JOIN payout.account AS a USING (owner_id, account_id) ORDER BY 1",
    "ref": "SELECT kind, external_ref, txn_id::text FROM payout.txn_ref ORDER BY 1, 2", "reversal": "SELECT reverses::text, txn_id::text FROM payout.reversal ORDER BY 1",
    "leaf": "SELECT payload->>'id', payload->>'sha256', payload->'body' FROM log.outbox WHERE payload->>'type' = 'txn' ORDER BY id",
}


class Book:
    """One transaction of the database that is rolled back in the end; deeds in it are taken back to a savepoint."""

    def __init__(self, trust):
        self.connection = psycopg2.connect(trust.database)
        self.cursor = self.connection.cursor()
        self.sha, = self.ask("SELECT payout.store_evidence('text/plain', 'x')")[0]
        for month in (CLOSED, LATE, DAY):
            self.ask("SELECT payout.make_partition(date_trunc('month', %s::date)::date)", month)
        for state in ("closing", "closed"):
            self.ask("UPDATE payout.period SET state = %s WHERE month = date_trunc('month', %s::date)", state, CLOSED)
        # Room on both sides for what is drawn, but for the last member's account: most sets without a fault are to be booked, some break a bound.
        opening = [(path, (1 if path.startswith(("Assets", "Expenses")) else -1) * 10**6) for path in ACCOUNTS[1:-1]]
        opening += [("Assets:Bank:main", -sum(minor for _, minor in opening))]
        assert self.one(self.txn("opening", refs=["taken"]), opening)[0] == "posted"
        assert self.one(self.txn("shut"), [("Liabilities:Creditor:shut", -5), ("Assets:Bank:main", 5)])[0] == "posted"
        self.ask("UPDATE payout.account SET closed_at = now() WHERE path = 'Liabilities:Creditor:shut'")

    def ask(self, statement, *args):
        self.cursor.execute(statement, args or None)
        return self.cursor.fetchall() if self.cursor.description else None

    def txn(self, kind="test", day=DAY, refs=(), **more):
        return {"txn_id": str(uuid.uuid4()), "kind": kind, "occurred_on": day, "evidence_sha256": self.sha, "refs": [{"kind": "test", "external_ref": r} for r in refs], **more}

    def one(self, txn, lines):
        return self.ask(ONE, json.dumps([txn]), json.dumps([{"path": path, "minor": minor} for path, minor in lines]))[0]

    def many(self, txns, lines):
        txns = json.dumps(txns)
        return self.ask(SET, txns, json.dumps([{"txn": n, "path": path, "minor": minor} for n, some in enumerate(lines, 1) for path, minor in some]), txns)[0]

    def left(self):
        return {name: self.ask(statement) for name, statement in LEFT.items()}

    def tried(self, deed):
        """What a deed gives and leaves; it is taken back."""
        self.ask("SAVEPOINT deed")
        given = deed()
        self.ask("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        left = self.left()
        self.ask("ROLLBACK TO SAVEPOINT deed")
        return given, left


@pytest.fixture(scope="module")
def book(trust):
    made = Book(trust)
    yield made
    made.connection.rollback()
    made.connection.close()


def one_by_one(book, txns, lines):
    """The outcome of the first that is refused and its place; nothing of the set stays then."""
    book.ask("SAVEPOINT set")
    for n, (txn, some) in enumerate(zip(txns, lines), 1):
        outcome, body = book.one(txn, some)
        if outcome != "posted":
            book.ask("ROLLBACK TO SAVEPOINT set")
            return outcome, n, body["detail"]
    return "posted", None, None


def random_lines(dice):
    paths = dice.sample(ACCOUNTS, dice.randint(2, 5))
    amounts = [dice.choice((-1, 1)) * dice.randint(1, 3000) for _ in paths[1:]]
    rest = -sum(amounts)
    if rest == 0:
        amounts[0] += 1
        rest = -sum(amounts)
    return list(zip(paths, amounts + [rest]))


def spoil(book, dice, txn, lines, fault):
    """Makes one transaction what is to be refused."""
    if fault == "sum":
        lines[0] = (lines[0][0], lines[0][1] + (1 if lines[0][1] != -1 else 2))
    elif fault == "single":
        del lines[1:]
    elif fault == "evidence":
        txn["evidence_sha256"] = "0" * 64
    elif fault == "closed":
        txn["occurred_on"] = CLOSED
    elif fault == "ref":
        txn["refs"].append({"kind": "test", "external_ref": "taken"})
    elif fault == "concerns":
        txn["concerns"] = "2026-10-01"
    elif fault == "reverse":
        txn["reverses"] = str(uuid.uuid4())
    else:
        path, minor = {"chart": ("Assets:Cash", 7), "shut": ("Liabilities:Creditor:shut", -7), "bound": ("Liabilities:Unclaimed", 9 * 10**6),
                       "reserve": ("Equity:Reserve:Legal", 7)}[fault]
        lines += [(path, minor), ("Expenses:Fees:Bank" if dice.random() < 0.5 else "Liabilities:VAT:NL", -minor)]


def random_set(book, dice, faults):
    txns, lines = [], []
    for n in range(dice.randint(1, 12)):
        txns.append(book.txn(day=dice.choice((DAY, DAY, LATE)), refs=[f"{uuid.uuid4()}"] * dice.randint(0, 1), **({"concerns": "2026-09-01"} if dice.random() < 0.1 else {})))
        lines.append(random_lines(dice))
        if n and dice.random() < 0.1:  # what one transaction of a set does, a later one takes back or repeats
            earlier = dice.randrange(n)
            txns[n]["reverses"], lines[n] = txns[earlier]["txn_id"], [(path, -minor) for path, minor in lines[earlier]]
        elif n and dice.random() < 0.05 and txns[n - 1]["refs"]:
            txns[n]["refs"] = list(txns[n - 1]["refs"])
    for fault in faults:
        at = dice.randrange(len(txns))
        spoil(book, dice, txns[at], lines[at], fault)
    return txns, lines


def test_a_set_is_what_posting_one_after_the_other_is(book):
    seed = int(os.environ.get("CH_SEED", random.randrange(2**32)))
    print("seed", seed)
    dice, seen = random.Random(seed), set()
    for round_ in range(ROUNDS):
        txns, lines = random_set(book, dice, dice.choices(list(FAULTS), k=dice.choice((0, 0, 1, 1, 2))))
        (outcome, place, detail), left = book.tried(lambda: one_by_one(book, txns, lines))
        (got, body), left_by_set = book.tried(lambda: book.many(txns, lines))
        seen.add(outcome)
        told = body.get("txn", 1) if got != "posted" else None
        assert (got, told) == (outcome, place), (seed, round_, outcome, place, body)
        assert got == "posted" or body["detail"].endswith(detail), (seed, round_, detail, body)
        assert left_by_set == left, (seed, round_, {k for k in left if left[k] != left_by_set[k]})
    assert ROUNDS < 100 or {"posted", "not_balanced", "bound_broken", "invalid"} <= seen, seen


@pytest.mark.parametrize("fault", FAULTS)
def test_a_set_tells_which_transaction_is_refused_and_writes_nothing(book, fault):
    dice = random.Random(7)
    txns = [book.txn(refs=[f"{fault} {n}"]) for n in range(5)]
    lines = [[("Assets:Bank:main", 100), ("Income:Dues", -100)] for _ in txns]
    before = book.left()
    spoil(book, dice, txns[3], lines[3], fault)
    outcome, body = book.many(txns, lines)
    assert (outcome, body["txn"]) == (FAULTS[fault], 4) and body["detail"].startswith("transaction 4: "), body
    assert book.left() == before
    del txns[3], lines[3]
    (outcome, body), left = book.tried(lambda: book.many(txns, lines))
    assert outcome == "posted" and len(left["txn"]) == len(before["txn"]) + 4, body
    assert [row[0] for row in left["txn"]] == list(range(1, len(left["txn"]) + 1)) and body["first_no"] == len(before["txn"]) + 1


def test_a_bound_holds_after_each_transaction_of_a_set(book):
    path, txns = ACCOUNTS[-1], [book.txn(), book.txn()]
    lines = [[(path, 5), ("Income:Dues", -5)], [(path, -5), ("Income:Dues", 5)]]
    assert book.tried(lambda: book.many(txns, lines))[0] == ("bound_broken", {"txn": 1, "detail": f"transaction 1: {path} would pass its bound"})
    assert book.tried(lambda: book.many(txns, lines[::-1]))[0][0] == "posted"


def test_a_posting_of_no_transaction_is_refused(book):
    given = book.tried(lambda: book.many([book.txn()], [[("Assets:Bank:main", 1), ("Income:Dues", -1)], [("Assets:Bank:main", 1), ("Income:Dues", -1)]]))[0]
    assert given[0] == "not_balanced", given
