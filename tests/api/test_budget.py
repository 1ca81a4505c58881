# SPDX-License-Identifier: AGPL-3.0-or-later
"""Participatory budget: projects, their cost, their sponsors; a round that chooses among them; what was awarded."""
import json

import psycopg2
import pytest

from sealing import Vote, row, secret_trust, verify
from stack import first_page
from trust import GOV

import seal  # sealing.py says where it is  # isort: skip

EUR = "EUR"
FUND = "Equity:Fund:Commons"


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1] if answer.status >= 400 else answer.outcome


@pytest.fixture(scope="module")
def trust(stack):
    made = secret_trust(stack, [row("budget_round", method="knapsack", proposers=["clock", "treasurer"], sponsors_min=0, q_den=20)])
    yield made
    stack.release(made)


class Project:
    def __init__(self, trust, author, title, **more):
        self.trust, self.author = trust, author
        self.id = trust[author].post(f"{GOV}/projects", {"title": title, "text": "For the harbour.", **more}).json["id"]

    def read(self):
        return self.trust.public.get(f"{GOV}/projects/{self.id}").json

    def act(self, name, verb, body=None):
        return self.trust[name].send("POST", f"{GOV}/projects/{self.id}/{verb}", body or {})

    def cost(self, minor, currency=EUR, name="tess"):
        return self.act(name, "cost", {"cost": {"minor": minor, "currency": currency}})

    def ready(self, minor, sponsors=("gil", "hal", "eva")):
        assert self.cost(minor).outcome == "costed"
        for name in (*sponsors, self.author):
            assert self.act(name, "sponsor").outcome == "recorded"
        return self


def test_a_draft_is_its_authors(trust):
    draft = Project(trust, "ada", "A bench", draft=True)
    assert trust.public.send("GET", f"{GOV}/projects/{draft.id}").status == 404 and draft.act("gil", "propose").status == 404
    assert trust["ada"].get(f"{GOV}/projects/{draft.id}").json["state"] == "draft"
    assert draft.act("ada", "propose").outcome == "ok" and draft.act("ada", "propose").json["state"] == "proposed"
    assert slug(draft.act("gil", "propose")) == "forbidden"


def test_cost_and_sponsors(trust):
    project = Project(trust, "ada", "A tree")
    assert [slug(project.cost(5, name="gil")), slug(project.cost(5, "USD")), slug(project.cost(0)), slug(project.act("ada", "sponsor"))] == [
        "forbidden", "invalid", "invalid", "not_allowed_here"]
    assert project.act("gil", "sponsor").json["sponsors"] == 1 and slug(project.act("gil", "sponsor")) == "already_sponsored"
    assert project.cost(500).json["state"] == "costed" and project.act("ada", "sponsor").json["agreed"] is True
    assert slug(project.act("ada", "sponsor")) == "already_sponsored"
    assert project.cost(500).json["agreed"] is True and project.cost(600).json["agreed"] is False
    assert project.id in [one["id"] for one in first_page(trust.public, f"{GOV}/projects?state=costed")]


@pytest.fixture(scope="module")
def budget(trust):
    """A round over three projects, one of which does not fit any more; a fourth has no sponsors, a fifth costs more than the pot."""
    projects = [Project(trust, "ada", "Sensors").ready(600), Project(trust, "ben", "A boat").ready(500), Project(trust, "cem", "Seedlings").ready(400)]
    Project(trust, "ada", "Nobody wants").ready(100, ())
    Project(trust, "ada", "Too dear").ready(1001)
    vote = Vote(trust, "budget_round", {"schema": "budget_awards", "pot": {"minor": 1000, "currency": EUR}, "account": FUND}, "tess").open()
    vote.projects, vote.listed = projects, vote.read()
    vote.late_cost = projects[0].cost(700)
    size = vote.listed["sealing"]["choice_bytes"]
    assert size == 16 + 6 * 3
    for name, chosen in {"ada": [1, 3], "gil": [1, 3], "hal": [1, 3], "ben": [2], "mo": [2], "cem": [1, 2], "eva": [3]}.items():
        assert vote.send(name, vote.seal(name, seal.pad({"p": chosen}, size))).outcome == "cast"
    vote.close().state("in_force")
    return vote


def test_the_ballot_is_frozen(budget):
    listed = budget.listed["effect"]["projects"]
    assert [(one["number"], one["title"], one["cost"]) for one in listed] == [(1, "Sensors", 600), (2, "A boat", 500), (3, "Seedlings", 400)]
    assert slug(budget.late_cost) == "not_allowed_here"


def test_the_pot_is_spent(budget, trust):
    result = budget.read()["tally"]["result"]
    assert (result["valid"], result["invalid"], result["selected"], result["spent"], result["left"]) == (6, 1, [3, 1], 1000, 0)
    assert [one.read()["state"] for one in budget.projects] == ["selected", "not_selected", "selected"]
    awards = trust.sql("SELECT r.resolution, r.account, r.max_minor FROM governance.budget_award_in_force AS a JOIN governance.resolution_in_force AS r "
                       "ON r.resolution = a.award_id::text ORDER BY r.max_minor")
    assert awards == [(budget.projects[2].read()["award_id"], FUND, 400), (budget.projects[0].read()["award_id"], FUND, 600)]


def test_the_export(budget, trust):
    text = trust.public.get(f"{GOV}/budget-rounds/{budget.id}/export").raw.decode()
    meta, projects = text.split("PROJECTS\n")
    told = dict(line.split(";", 1) for line in meta.splitlines()[2:])
    assert {name: told[name] for name in ("num_projects", "num_votes", "budget", "vote_type", "rule")} == {
        "num_projects": "3", "num_votes": "6", "budget": "1000", "vote_type": "approval", "rule": "greedy"}
    projects, votes = projects.split("VOTES\n")
    assert projects.splitlines()[1:] == ['1;600;3;"Sensors";1', '2;500;2;"A boat";0', '3;400;4;"Seedlings";1']
    assert sorted(line.split(";")[1] for line in votes.splitlines()[1:]) == ["1,3", "1,3", "1,3", "2", "2", "3"]
    assert slug(trust.public.send("GET", f"{GOV}/budget-rounds/{budget.listed['effect']['projects'][0]['project_id']}/export")) == "not_found"


def test_the_bundle_is_verified(budget):
    text = budget.bundle()
    code, lines = verify(text)
    assert code == 0 and lines[-1] == "outcome carried", lines
    bundle = json.loads(text)
    bundle["tally"]["result"]["selected"].reverse()
    assert [line for line in verify(seal.canonical(bundle))[1] if line.startswith("FAIL tally ")]


def test_who_proposes_a_round_and_with_what(trust):
    def submit(name, **changes):
        effect = {"schema": "budget_awards", "pot": {"minor": 1000, "currency": EUR}, "account": FUND, **changes}
        draft = trust[name].send("POST", f"{GOV}/proposals", {"type": "budget_round", "title": "A round", "text": "Money.", "effect": effect})
        return slug(trust[name].send("POST", f"{GOV}/proposals/{draft.json['id']}/submit", {})) if draft.status == 201 else slug(draft)
    assert submit("ada") == "forbidden" and submit("tess", account="Equity:Reserve:Legal") == "invalid" and submit("tess", projects=[]) == "invalid"
    assert submit("tess", pot={"minor": 1000, "currency": "USD"}) == "invalid"


def test_a_round_without_projects_lapses(trust):
    vote = Vote(trust, "budget_round", {"schema": "budget_awards", "pot": {"minor": 1, "currency": EUR}, "account": FUND}, "tess")
    assert vote.state("lapsed")["events"][-1]["reason"] == "no project is ready"


def test_awards_and_projects_stay(budget, trust):
    for statement in ("DELETE FROM governance.project", "UPDATE governance.project_event SET cost = 1", "DELETE FROM governance.budget_award",
                      "TRUNCATE governance.candidacy", "TRUNCATE governance.project CASCADE"):
        with pytest.raises(psycopg2.Error) as error:
            trust.sql(f"SET LOCAL ROLE ch_governance_owner; {statement}")
        assert error.value.pgcode == "23001", error.value
