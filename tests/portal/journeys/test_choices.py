# SPDX-License-Identifier: AGPL-3.0-or-later
"""A ranking and a selection of projects, filled in in the browser, sealed, closed and opened: what was meant is what was counted."""
import json

import pytest

from sealing import Vote, row, secret_trust
from stack import eventually
from test_budget import EUR, FUND, Project
from test_elections import CANDIDATES, Election, election_row, election_trust
from test_vote import browse
from trust import GOV


@pytest.fixture(scope="module")
def election(stack, pages):
    trust = election_trust(stack, [election_row("council_election")], {"council": {"seats": 3}}, settings={"portal": {"portal_dir": pages}}, extension_seconds=1, retry_seconds=2)
    made = Election(trust, "council_election:all")
    for name, nominators in CANDIDATES.items():
        made.candidate(name, nominators.split())
    yield made.open()
    stack.release(trust)


def test_a_ranking(election):
    numbers = {one["display_name"]: one["number"] for one in election.read()["candidates"]}
    wanted = [next(name for name in numbers if name.lower().startswith(first)) for first in ("tess", "ugo", "cleo")]
    seen = browse("choices.mjs", election.trust, "ben", proposal=election.id, rank=wanted)
    assert seen["listed"] == wanted and seen["complaints"] == []
    assert seen["review"] == "You rank: " + "; ".join(f"{i + 1}. {name}" for i, name in enumerate(wanted)) + "."
    assert f"{wanted[0]}, choice 1 of {len(numbers)}" in seen["said"] and f"{wanted[0]}, choice 2 of {len(numbers)}" in seen["said"]
    election.close()
    bundle = eventually("the bundle", lambda: election.trust["ben"].get(f"{GOV}/bundles/{election.id}").json)
    assert [json.loads(one["choice"]) for one in bundle["opened"]] == [{"r": [numbers[name] for name in wanted]}]
    found = election.trust["ben"].get(f"{GOV}/trackers/{seen['tracker']}").json
    assert (found["state"], found["record_sha256"]) == ("counted", bundle["records"][0])


@pytest.fixture(scope="module")
def budget(stack, pages):
    trust = secret_trust(stack, [row("budget_round", method="knapsack", proposers=["clock", "treasurer"], sponsors_min=0, q_den=20)], settings={"portal": {"portal_dir": pages}})
    for author, title, cost in (("ada", "Sensors", 600), ("ben", "A boat", 500), ("cem", "Seedlings", 400)):
        Project(trust, author, title).ready(cost)
    yield Vote(trust, "budget_round", {"schema": "budget_awards", "pot": {"minor": 1000, "currency": EUR}, "account": FUND}, "tess").open()
    stack.release(trust)


def test_projects(budget):
    numbers = {one["title"]: one["number"] for one in budget.read()["effect"]["projects"]}
    seen = browse("choices.mjs", budget.trust, "ada", proposal=budget.id, projects=["Sensors", "Seedlings"], dear="A boat")
    assert (seen["marked"], seen["dear"], seen["complaints"]) == ("true", False, [])
    assert seen["review"].startswith("You choose 2 projects: ")
    said = [text.replace("\u00a0", " ").strip() for text in seen["said"]]
    assert "Chosen: EUR 10.00. Left: EUR 0.00." in said and "A boat does not fit: EUR 0.00 is left." in said, said
    budget.close()
    bundle = json.loads(budget.bundle())
    assert [json.loads(one["choice"]) for one in bundle["opened"]] == [{"p": sorted(numbers[title] for title in ("Sensors", "Seedlings"))}]
