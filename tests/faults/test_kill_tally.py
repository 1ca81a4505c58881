# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker killed while it opens a box and tallies: no ballot is counted twice or lost, the vote is tallied once, and its bundle verifies."""
import json

import pytest

from killing import DONE, LATE, LOST, Breakpoint, Worker
from sealing import BYLAW, Vote, secret_trust, verify

HTTP_ROLES = ["governance", "licensing", "metering", "log", "portal"]
#: Where a worker dies: behind the insert of opened ballots, of merged ones, of the tally, and at each move of the state that follows.
OPENED, SPOILED, MERGED = ("governance.opened_choice", "INSERT"), ("governance.spoiled_ballot", "INSERT"), ("governance.opened_merged", "INSERT")
ERASED = ("governance.steward_key", "UPDATE", "NEW.private_key IS NULL AND OLD.private_key IS NOT NULL")
TALLY = ("governance.tally", "INSERT")
CARRIED = ("governance.proposal", "UPDATE", "NEW.state = 'carried' AND OLD.state = 'tallied'")


@pytest.fixture(scope="module")
def trust(stack):
    made = secret_trust(stack)
    made.stop()
    made.start(*HTTP_ROLES)
    made.worker = Worker(made)
    yield made
    made.worker.stop()
    stack.release(made)


@pytest.mark.parametrize("then", [LOST, DONE, LATE])
@pytest.mark.parametrize("kind, effect, where", [("policy", None, OPENED), ("policy", None, SPOILED), ("policy", None, TALLY), ("policy", None, CARRIED),
                                                 ("bylaw", BYLAW, MERGED), ("bylaw", BYLAW, ERASED), ("bylaw", BYLAW, TALLY)],
                         ids=lambda v: "-".join(v[:2]) if isinstance(v, tuple) else None)
def test_the_tally(trust, kind, effect, where, then):
    clause = trust.sql("SELECT count(*) FROM governance.bylaw_version WHERE clause <> '1'")[0][0] + 2
    vote = Vote(trust, kind, effect and {**effect, "clause": str(clause)}).open()
    for name, choice in {"ada": "yes", "gil": "yes", "ben": "no", "cem": "yes", "eva": b"x" * 32}.items():
        vote.cast(name, choice)
    vote.end()
    point = Breakpoint(trust, *where)
    try:
        vote.close()
        job, attempt = trust.worker.kill_at(point, "tally_proposal", then)
        trust.worker.wait_done(job, attempt)
    finally:
        point.remove()
    vote.state("in_force")
    bundle = json.loads(vote.bundle())
    assert (len(bundle["records"]), len(bundle["spoiled"])) == (5, 1) and bundle["tally"]["U"]["yes"] == 2
    assert verify(vote.bundle())[0] == 0
    assert trust.sql("SELECT count(*) FROM governance.tally WHERE proposal_id = %s", vote.id) == [(1,)]
    assert trust.sql("SELECT count(*) FROM job.job WHERE kind = 'tally_proposal' AND state = 'dead'") == [(0,)]
