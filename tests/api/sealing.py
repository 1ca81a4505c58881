# SPDX-License-Identifier: AGPL-3.0-or-later
"""A trust whose members vote in secret, and what they do: keys, ballots sealed by the second implementation, opening. Shared by the tests of sealed
votes, of their worker's death, and by their bench."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from stack import BIN, ROOT, eventually
from trust import GOV

sys.path.insert(0, str(ROOT / "tests" / "reference"))
import seal  # noqa: E402

CHARTER = json.loads((ROOT / "deploy" / "demo" / "charter.json").read_text())
STEWARDS = {"U": "sue", "W": "stan", "C": "sara"}
#: Who may vote, by class: five at least of each.
MEMBERS = {"U": ["ada", "gil", "hal", "sue", "ugo"], "W": ["ben", "tess", "lin", "mo", "ida", "stan", "dee"], "C": ["cem", "eva", "fay", "sara", "cleo"]}
CLASS_OF = {name: code for code, names in MEMBERS.items() for name in names}
#: Seconds nobody waits for in these tests: they move the clock of a vote (Vote.end).
LONG = 3600


def founder(ref, code, *offices):
    return {"ref": ref, "display_name": ref.title() + " Test", "email": ref + "@harbour-air.example", "class": code, "offices": list(offices)}


def row(kind, **changes):
    """A rule row of secret votes that nobody has to wait for."""
    policy = next(copy.deepcopy(one) for one in CHARTER["rules"] if one["type"] == "policy")
    return {**policy, "type": kind, "proposers": ["member", "board"], "sponsors_min": 1, "discussion_seconds": 0, "voting_seconds": LONG, "cooling_seconds": 0,
            "secrecy": "sealed", "small_class": "refuse", **changes}


def charter_changes(rules=(), founders=(), **durations):
    founders = founders or [*CHARTER["founders"], *(founder(name, code, "steward") for code, name in STEWARDS.items()), founder("ugo", "U"),
                            founder("cleo", "C"), founder("dee", "W", "steward_deputy")]
    named = [one for one in CHARTER["rules"] if one["type"] == "board_decision"]
    return {"founders": founders, "rules": [*named, *(rules or [row("policy"), row("bylaw", board_mode="unlinked"), row("prohibit_purpose", readings=2)])],
            "durations": {"ceremony_seconds": LONG, "reveal_seconds": LONG, **durations}}


def secret_trust(stack, rules=(), founders=(), start=True, roles=(), settings=None, **durations):
    """The trust, when its bootstrap clause has ended."""
    trust = stack.trust(changes=charter_changes(rules, founders, **durations), settings=settings, start=start, roles=roles)
    if start:
        eventually("the bootstrap clause to end", lambda: not trust.public.get(f"{GOV}/charters/current").json["bootstrap"])
    return trust


POLICY = {"schema": "policy_text", "text": "We do as we said."}
BYLAW = {"schema": "bylaw_text", "clause": "2", "title": "Quiet", "text": "Nobody shouts.", "entrenched": False}


class Vote:
    """One proposal from its draft to its bundle."""

    def __init__(self, trust, kind="policy", effect=None, author="ada"):
        self.trust, self.keys, self.records = trust, {}, {}
        self.id = trust.propose(author, kind, "A quiet vote", "Because it is ours.", effect or POLICY, [])
        self.path = f"{GOV}/proposals/{self.id}"

    def read(self):
        return self.trust.proposal(self.id)

    def state(self, *states):
        return self.trust.wait_state(self.id, list(states))

    @property
    def box(self):
        return self.read()["sealing"]["box"]

    def post_key(self, code, key=None):
        scalar = key or os.urandom(32)
        self.keys[code] = scalar
        return self.trust[STEWARDS[code]].send("POST", f"{self.path}/post-steward-key", {"public_key": seal.b64(seal.point(seal.private(scalar)))})

    def open(self, *codes):
        """The stewards post their keys; voting opens."""
        self.state("frozen", "second_reading")
        for code in codes or "UWC":
            assert self.post_key(code).outcome == "accepted"
        if not codes:
            self.stewards = [seal.unb64(one["public_key"]) for one in self.state("voting")["sealing"]["stewards"]]
        return self

    def seal(self, name, choice, code=None):
        choice = choice if isinstance(choice, (bytes, dict)) else {"c": choice}
        return seal.seal(self.box, code or CLASS_OF[name], self.stewards, choice)

    def send(self, name, record):
        return self.trust[name].send("POST", f"{self.path}/cast-ballot", json.loads(record) if isinstance(record, str) else record)

    def cast(self, name, choice):
        self.records[name] = self.seal(name, choice)
        answer = self.send(name, self.records[name])
        assert answer.outcome == "cast" and answer["tracker"] == seal.tracker(self.records[name]), answer.raw
        return answer

    def reveal(self, code):
        return self.trust[STEWARDS[code]].send("POST", f"{self.path}/reveal-steward-key", {"private_key": seal.b64(self.keys[code])})

    def end(self):
        """The vote's time is over."""
        self.trust.unguarded("ALTER TABLE governance.proposal DISABLE TRIGGER guard",
                             f"UPDATE governance.proposal SET closes_at = clock_timestamp() WHERE id = '{self.id}' AND state = 'voting'",
                             "ALTER TABLE governance.proposal ENABLE ALWAYS TRIGGER guard")
        return self.state("closed")

    def close(self, *codes):
        """Its time is over; two stewards reveal."""
        self.end()
        for code in codes or "UW":
            assert self.reveal(code).outcome == "accepted"
        return self

    def bundle(self):
        """The bytes of the bundle, when the log has what it proves."""
        return eventually("the bundle", lambda: self.trust.public.get(f"{GOV}/bundles/{self.id}").raw)

    def roll(self):
        """The roll as it is hashed."""
        rows = self.trust.sql("SELECT class, member_id FROM governance.roll WHERE proposal_id = %s AND reading = %s ORDER BY class COLLATE \"C\", member_id::text COLLATE \"C\"",
                              self.id, self.read()["reading"])
        return "".join(f"{code}\t{member}\n" for code, member in rows)


def verify(bundle, *arguments, **files):
    """`commonhold verify vote` on bytes: exit code and lines. Files are written beside the bundle."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {"bundle.json": bundle, **files}.items():
            (pathlib.Path(folder) / name).write_bytes(text.encode() if isinstance(text, str) else text)
        done = subprocess.run([BIN / "commonhold", "verify", "vote", "bundle.json", *arguments], capture_output=True, text=True, timeout=120, cwd=folder)
        return done.returncode, done.stdout.splitlines()
