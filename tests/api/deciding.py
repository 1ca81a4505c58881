# SPDX-License-Identifier: AGPL-3.0-or-later
"""A trust in which nothing happens but what a test does: no daemon, no clock, no worker. What people, clock and worker do are calls of the database's
functions; ballots are sealed and opened by the second implementation. Shared by the matrix of governance and by its races."""
import json
import os

import sealing
from sealing import CLASS_OF, LONG, STEWARDS
from stack import ask, session

import seal  # sealing.py says where it is  # isort: skip

EUR = "EUR"
FUND = "Equity:Fund:Commons"
#: How many there are to choose from is what a choice is padded by.
SIZES = {"candidates": lambda n: 16 + 4 * n, "projects": lambda n: 16 + 6 * n}


def is_refused(body):
    return isinstance(body, dict) and "detail" in body and set(body) <= {"detail", "errors"}


class Quiet:
    """The database of a founded trust whose daemon never ran, its bootstrap clause over; `ids` are its founders by their references."""

    def __init__(self, stack, rules, founders=(), **durations):
        self.stack, self.trust = stack, sealing.secret_trust(stack, rules, founders, start=False, **durations)
        self.kept = [session(self.trust.database)]
        self.ids = dict(self.rows("SELECT ref, member_id::text FROM governance.member"))
        self.one("SELECT governance.tick()")

    def rows(self, statement, *args):
        return ask(self.kept[0], statement, args)

    def one(self, statement, *args):
        return self.rows(statement, *args)[0][0]

    def lines(self, count):
        """So many sessions, kept for those who act at once."""
        while len(self.kept) < count:
            self.kept.append(session(self.trust.database))
        return self.kept[:count]

    def call(self, function, *args, on=None):
        """(outcome, body) of a command; `on` is another session than one's own."""
        marks = ", ".join(["%s"] * len(args))
        return ask(on or self.kept[0], f"SELECT (a).outcome, (a).body FROM governance.{function}({marks}) AS a",
                   [json.dumps(one) if isinstance(one, (dict, list)) else one for one in args])[0]

    def done(self, function, *args, on=None):
        """The body of a command that is not refused."""
        outcome, body = self.call(function, *args, on=on)
        assert not is_refused(body), (function, outcome, body)
        return body

    def rewrite(self, table, trigger, change):
        """Changes what a guard keeps: time cannot be waited for here."""
        self.trust.unguarded(f"ALTER TABLE governance.{table} DISABLE TRIGGER {trigger}", f"UPDATE governance.{table} SET {change}",
                             f"ALTER TABLE governance.{table} ENABLE ALWAYS TRIGGER {trigger}")

    def close(self):
        for connection in self.kept:
            connection.close()
        self.stack.release(self.trust)


class Matter:
    """One proposal from its draft to its end, as people, the clock and the worker take it along."""

    def __init__(self, quiet, kind=None, effect=None, author="ada", election=None):
        self.quiet, self.keys, self.records, self.author = quiet, {}, {}, author
        if election:
            self.id = quiet.one("SELECT governance.write_election(r, %s, %s)::text FROM governance.rule_version AS r WHERE r.type = %s", *election[1:], election[0])
            self.advance()
        else:
            self.id = quiet.done("create_proposal", quiet.ids[author], None, {"type": kind, "title": "A matter", "text": "Because.", "effect": effect})["id"]

    def act(self, name, function, *args):
        return self.quiet.done(function, self.quiet.ids[name], self.id, *args)

    def row(self, columns):
        return self.quiet.rows(f"SELECT {columns} FROM governance.proposal WHERE id = %s", self.id)[0]

    @property
    def state(self):
        return self.row("state")[0]

    @property
    def reading(self):
        return self.row("reading")[0]

    @property
    def box(self):
        return f"{self.id}/{self.reading}"

    @property
    def effect(self):
        return self.quiet.one("SELECT governance.effect_of(%s)", self.id)

    def submit(self, *sponsors):
        self.act(self.author, "submit_proposal")
        for name in sponsors:
            self.act(name, "sponsor_proposal")
        return self

    def advance(self):
        """What the clock finds due."""
        while self.quiet.one("SELECT governance.advance(%s)", self.id):
            pass
        return self

    def later(self):
        """The time of this state is over, and the clock looks once."""
        self.quiet.rewrite("proposal", "guard", f"state_at = state_at - interval '{2 * LONG} seconds', closes_at = LEAST(closes_at, clock_timestamp()) WHERE id = '{self.id}'")
        assert self.quiet.one("SELECT governance.advance(%s)", self.id)
        return self

    # -- a sealed vote ---------------------------------------------------

    def post_keys(self, codes="UWC"):
        for code in codes:
            self.keys[code] = os.urandom(32)
            self.act(STEWARDS[code], "post_steward_key", self.public(code).hex())
        return self

    def public(self, code):
        return seal.point(seal.private(self.keys[code]))

    def reveal(self, *codes):
        for code in codes:
            self.act(STEWARDS[code], "reveal_steward_key", self.keys[code].hex(), self.public(code).hex())
        return self

    def open(self):
        """Voting is open; what a record needs is read once."""
        self.post_keys()
        effect = self.effect
        self.size = next((size(len(effect[name])) for name, size in SIZES.items() if name in effect), 32)
        self.opened_box, self.stewards = self.box, [self.public(code) for code in "UWC"]
        assert self.state == "voting", self.row("state, held")
        return self

    def seal(self, name, choice):
        return seal.seal(self.opened_box, CLASS_OF[name], self.stewards, choice, self.size)

    def cast(self, name, record, on=None):
        return self.quiet.call("cast_ballot", self.quiet.ids[name], self.id, record, seal.tracker(record), on=on)[0]

    def unseal(self, records):
        """[[hash, key, choice]] of records, as the worker stores them."""
        private = dict(list(self.keys.items())[:2])
        opened = [(seal.record_hash(record), *seal.unseal(record, private)) for record in records]
        return [[digest, key.hex(), choice.decode()] for digest, key, choice in opened]

    # -- its count -------------------------------------------------------

    def decided(self, on=None):
        """Counts and what they come to, as the worker takes them from the database."""
        return ask(on or self.quiet.kept[0], "SELECT c.counts, governance.decide(p.rule, c.counts) FROM governance.proposal AS p "
                   "CROSS JOIN LATERAL governance.count_votes(p.id, p.reading) AS c (counts) WHERE p.id = %s", (self.id,))[0]

    def tally(self, result=None):
        """Counted and stored, as the worker does it."""
        assert self.quiet.call("store_tally", self.id, self.reading, *self.decided(), result)[0] == "ok"
        return self
