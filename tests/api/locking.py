# SPDX-License-Identifier: AGPL-3.0-or-later
"""A trust that can vote on its asset lock, and the votes: what the tests of successions and of attacks on the lock share."""
import copy
import json

from stack import ROOT, eventually
from trust import GOV

CHARTER = json.loads((ROOT / "deploy" / "demo" / "charter.json").read_text())
FOUNDERS = [founder["ref"] for founder in CHARTER["founders"]]
BOARD = ["ada", "ben", "cem"]
#: Cooling is an hour: nothing comes into force before a test has moved the clock.
COOLING = 3600
SUCCESSOR = {"name": "Bay Air Trust", "country": "IE", "registration": "RCN 20201234", "asset_locked": True, "non_profit": True}


def rule_row(kind, **changes):
    """A rule row on the floors of the lock, with names and seconds in place of secrets and weeks."""
    row = next(copy.deepcopy(row) for row in CHARTER["rules"] if row["type"] == "policy")
    return {**row, "type": kind, "proposers": ["board"], "sponsors_num": 0, "sponsors_min": 1, "discussion_seconds": 0, "voting_seconds": 4,
            "cooling_seconds": COOLING, "readings": 2, "q_num": 1, "q_den": 3, "s_num": 2, "s_den": 3, "s_strict": False, "cs_num": 1, "cs_den": 2,
            "cs_strict": False, "must_carry": 7, "classes_needed": 3, **changes}


def charter_changes(**changes):
    board = {**next(row for row in CHARTER["rules"] if row["type"] == "board_decision"), "voting_seconds": 30}
    rules = [row for row in CHARTER["rules"] if row["type"] != "board_decision"] + [board, rule_row("succession"), rule_row("entrenched")]
    name = {"ref": "name-harbour", "kind": "name", "title": "Harbour Air", "provenance": "registered", "sha256": None, "disposition": "held"}
    return {"rules": rules, "assets": [*CHARTER["assets"], name], **changes}


def locked(stack):
    """The trust, when its bootstrap clause has ended."""
    trust = stack.trust(changes=charter_changes())
    eventually("the bootstrap clause to end", lambda: not trust.public.get(f"{GOV}/charters/current").json["bootstrap"])
    return trust


def succession(ref="pool-air", **successor):
    return {"schema": "asset_succession", "ref": ref, "successor": {**SUCCESSOR, **successor}}


def put_forward(trust, kind, effect):
    """A draft that two thirds of the board put forward, submitted: the first reading is being voted on."""
    draft = trust["ada"].post(f"{GOV}/proposals", {"type": kind, "title": "The lock", "text": "As the effect says.", "effect": effect}).json["id"]
    motion = trust.propose("ben", "board_decision", "Put it forward", "To the members.", {"schema": "policy_text", "text": "Yes.", "drafts": [draft]}, [])
    trust.vote(motion, {name: "yes" for name in BOARD})
    trust["ada"].post(f"{GOV}/proposals/{draft}/submit")
    return draft


def read(trust, proposal, reading, ballots=None):
    """All vote yes, or as `ballots` says, in this reading; it ends in cooling."""
    def state():
        found = trust.proposal(proposal)
        return found["reading"] == reading and found["state"] == "voting"
    eventually(f"reading {reading}", state)
    for name, choice in (ballots or {name: "yes" for name in FOUNDERS}).items():
        trust[name].post(f"{GOV}/proposals/{proposal}/cast-named-vote", {"choice": choice})
    trust.wait_state(proposal, ["cooling", "rejected"] if ballots else ["cooling"])


def earlier(proposal, seconds=COOLING + 60):
    """Statements for RunningTrust.unguarded: what happened to this proposal happened so much earlier."""
    ago, one = f"- interval '{seconds} seconds'", f"WHERE proposal_id = '{proposal}'"
    changes = [("proposal", "guard", f"state_at = state_at {ago}, opens_at = opens_at {ago}, closes_at = closes_at {ago} WHERE id = '{proposal}'"),
               ("tally", "append_only", f"at = at {ago} {one}"), ("roll_head", "append_only", f"taken_at = taken_at {ago} {one}")]
    return [statement for table, guard, change in changes for statement in (
        f"ALTER TABLE governance.{table} DISABLE TRIGGER {guard}", f"UPDATE governance.{table} SET {change}",
        f"ALTER TABLE governance.{table} ENABLE ALWAYS TRIGGER {guard}")]


def second_reading(trust, proposal):
    """Through both readings, to the end of the second one."""
    read(trust, proposal, 1)
    trust.unguarded(*earlier(proposal))
    read(trust, proposal, 2)
