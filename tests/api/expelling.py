# SPDX-License-Identifier: AGPL-3.0-or-later
"""What comes before a vote on an expulsion: the conduct panel, the draft, the call, the hearing. Shared by the tests of expulsions and of appeals."""
import datetime
import time

from trust import GOV


def zulu(seconds):
    """So many seconds from now, as the API writes times."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def seat_panel(trust, name, board=("ada", "ben", "cem")):
    """The board appoints somebody to the conduct panel."""
    motion = trust.propose(board[0], "board_decision", "The panel", "A seat.", {"schema": "appointment", "body": "conduct", "member_id": trust[name].subject}, [])
    trust.vote(motion, {member: "yes" for member in board})


def draft(trust, panel, accused):
    return trust[panel].post(f"{GOV}/proposals", {"type": "expulsion", "title": "An expulsion", "text": "What was done.",
                                                  "effect": {"schema": "expulsion", "member_id": trust[accused].subject}})["id"]


def hear(trust, who, proposal, text="What was said.", **body):
    return trust[who].send("POST", f"{GOV}/proposals/{proposal}/hear", {"text": text, **body})


def hold(trust, panel, proposal):
    """The hearing, from its call to its record."""
    at = zulu(2)
    assert hear(trust, panel, proposal, "Come and be heard.", held_at=at).outcome == "created"
    while zulu(0) <= at:
        time.sleep(0.1)
    assert hear(trust, panel, proposal, "It was held.", held_at=at).outcome == "created"


def put_to_vote(trust, panel, accused):
    """The proposal, submitted behind its hearing."""
    proposal = draft(trust, panel, accused)
    hold(trust, panel, proposal)
    trust[panel].post(f"{GOV}/proposals/{proposal}/submit")
    return proposal
