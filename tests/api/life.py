# SPDX-License-Identifier: AGPL-3.0-or-later
"""The frame of a random life: draws events by their numbers, asks the service, and compares every balance with the model after each. The events
themselves are in life_billing.py and life_paying.py."""
import json
import random
import subprocess
import sys
import uuid

from stack import BIN, ROOT

sys.path.insert(0, str(ROOT / "tests" / "reference"))
from ledger_model import Books  # noqa: E402
from living import RULE  # noqa: E402
from money import PAY  # noqa: E402

#: Writes whose repeat with the same key gives the first answer; the others are commands, and say that it is done.
KEYED = ("invoices", "runs", "batches", "payee-accounts", "disputes", "holds", "bills", "commitments", "transactions")
#: Checks that find what living.py wrote into tables by hand: agreements nobody made, contributions without files, usage from before its grant, resolutions
#: without a vote, none of it with a leaf, and triggers that are off for it.
WRITTEN_BY_HAND = ("GOV-", "LIC-", "MET-", "M2", "A2", "G2", "T2")
#: Not compared around a refusal: what the worker adds by itself, to a run and to what it was given.
LEFT_BEHIND = ("run", "estimate")
#: Reason codes after which the account is blocked.
BLOCKING = ("AC01", "AC04", "AC06", "AG01", "CNOR", "MD07", "RC01")


class Difference(AssertionError):
    """The service and the model do not agree."""


def event(weight):
    """Marks a method of a life as something that may happen. It gives None when it cannot happen now, else what happened."""
    def mark(method):
        method.weight = weight
        return method
    return mark


class Frame:
    """One life: draws events by their numbers, so that some can be left out when a shorter life is looked for."""

    #: Whether every request may be the repeat of one that got no answer.
    asked_again = False

    def __init__(self, trust, seed):
        self.t, self.seed, self.rnd, self.history = trust, seed, None, []
        self.books = Books(RULE, minimum=RULE["hold"]["min_payout"])
        self.drafts, self.numbers = [], 0
        #: Of the bank: what waits in suspense, (entry, line); what is explained, (entry, line, receipt of the model or account); files that were read.
        self.entries, self.matched, self.files = [], [], []
        #: State of each member's payee account; how many there were; clawbacks so far; {closed month: its transactions}.
        self.accounts, self.account_count, self.clawbacks, self.closed = {}, 0, 0, {}
        #: Status reports so far; bookings by hand: (id, number in the model, resolution, source, minor); holds of disputes.
        self.reports, self.by_hand, self.disputed = 0, [], []
        self.deeds = [(name, getattr(self, name)) for name in dir(self) if hasattr(getattr(type(self), name, None), "weight")]

    # -- the frame -----------------------------------------------------------

    def step(self, number):
        self.rnd = random.Random(f"{self.seed}/{number}")
        told = None
        while told is None:
            (name, deed), = self.rnd.choices(self.deeds, [d.weight for _, d in self.deeds])
            self.last = f"{number}: {name}"
            told = deed()
        self.history.append(f"{number}: {name}: {told}")
        self.compare()

    def happen(self, name):
        """This event, with the first number at which it can happen."""
        for number in range(1000):
            self.rnd = random.Random(f"{self.seed}/{name}/{len(self.history)}/{number}")
            told = getattr(self, name)()
            if told is not None and not str(told).startswith("refused"):
                self.history.append(f"{name}: {told}")
                return self.compare()
        raise AssertionError(f"{name} cannot happen after {self.history}")

    def compare(self):
        found, total = self.t.accounts()
        stands = {path: minor for path, minor in found.items() if minor}
        wrong = {path: (stands.get(path, 0), self.books[path]) for path in {*stands, *self.books.figures()} if stands.get(path, 0) != self.books[path]}
        if wrong or total:
            raise Difference(f"sum {total}; account: (service, model) {wrong}")
        broken = self.books.invariants()
        if broken:
            raise Difference(f"the model itself: {broken}")

    def audit(self):
        """The whole trust, by the auditor's program, when all leaves are in the log."""
        self.t.trust.wait_sql("all leaves logged", "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")
        done = subprocess.run([BIN / "commonhold-audit", "--source", self.t.trust.database.replace("user=commonhold", "user=ch_audit"), "--report", "json", "--full"],
                              capture_output=True, text=True, timeout=240, check=False)
        found = [f for f in json.loads(done.stdout)["findings"] if not f["check"].startswith(WRITTEN_BY_HAND)] if done.returncode < 3 else None
        if done.returncode >= 3 or found:
            told = [(f["check"], f["object_type"], f["object"], f["aspect"], f["expected"], f["found"]) for f in found or []]
            raise Difference(f"audit: exit {done.returncode}, {done.stderr[:500]}, {len(told)} findings: {told[:12]}")

    def send(self, client, path, body=None, **more):
        """The answer; who has to sign in afresh for it does so."""
        answer = client.send("POST", f"{PAY}/{path}", body=body, **more)
        if answer.status == 403 and answer.json["type"].endswith("/fresh_sign_in_required") and client.credentials:
            client.sign_in(*client.credentials)
            answer = client.send("POST", f"{PAY}/{path}", body=body, **more)
        return answer

    def ask(self, path, body=None, outcome="ok", client=None, **more):
        """A write that must go well; sometimes it is repeated with its key, and does nothing the second time."""
        key = more.setdefault("headers", {}).setdefault("Idempotency-Key", str(uuid.uuid4()))
        answer = self.send(client or self.t.treasurer, path, body, **more)
        if answer.status >= 400 or (answer.outcome or outcome) != outcome:
            raise Difference(f"{path}: expected {outcome}, got {answer.status} {answer.outcome} {answer.raw[:400]!r}")
        if self.aside(0.1):
            again = self.send(client or self.t.treasurer, path, body, **{**more, "headers": {**more["headers"], "Idempotency-Key": key}})
            if again.json != answer.json and (path in KEYED or again.status not in (200, 404, 409)):
                raise Difference(f"{path}: the same key again gave {again.status} {again.raw[:400]!r} after {answer.raw[:400]!r}")
        return answer

    def refused(self, path, body, slugs, client=None, **more):
        """A write that must be refused with one of these outcomes, and change nothing."""
        slugs = (slugs,) if isinstance(slugs, str) else slugs
        if self.aside(0.15):
            before = self.rows()
            answer = self.send(client or self.t.treasurer, path, body, **more)
            changed = {name for name, rows in self.rows().items() if rows != before[name]}
            if changed:
                raise Difference(f"{path}: refused, and changed {changed}")
        else:
            answer = self.send(client or self.t.treasurer, path, body, **more)
        slug = answer.json["type"].rsplit("/", 1)[1] if answer.status >= 400 else answer.outcome
        if answer.status < 400 or slug not in slugs:
            raise Difference(f"{path} {str(body)[:300]}: expected {slugs}, got {answer.status} {slug} {answer.raw[:400]!r}")
        return f"refused {slug}"

    def rows(self):
        """{table of payout: (how many rows, a hash of all)}."""
        names = [n for n, in self.t.sql("SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'payout'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition")]
        return {name: (count, text) for name, count, text in self.t.sql(" UNION ALL ".join(
            f"SELECT '{n}', count(*), COALESCE(bit_xor(hashtextextended(x::text, 0)), 0) FROM payout.{n} AS x" for n in names if n not in LEFT_BEHIND))}

    def chance(self, likely):
        return self.rnd.random() < likely

    def aside(self, likely):
        """Whether something beside the event happens too: a repeat, a second person, a look at all tables."""
        return self.chance(likely)

    def pick(self, things):
        things = list(things)
        return self.rnd.choice(things) if things else None

    def amount(self, most):
        """1 to most, often round or at the edges."""
        return self.rnd.choice([1, most, self.rnd.randint(1, most), self.rnd.randint(1, most)])
