# SPDX-License-Identifier: AGPL-3.0-or-later
"""Races of decisions, elections and budget rounds: lists that close under those who stand, stand down, or say another cost; many votes at once, some of
them twice, against the close; two stewards, two workers and three clocks at once. Every figure is counted a second time from what was acknowledged.
CH_ROUNDS sets how many rounds of each kind."""
import collections
import hashlib
import json
import os
import random
import sys

import pytest

from deciding import EUR, FUND, Matter, Quiet
from sealing import CLASS_OF, LONG, STEWARDS, row
from stack import ROOT, ask, together

sys.path.insert(0, str(ROOT / "tests" / "reference"))
import seal  # noqa: E402
import tally as reference  # noqa: E402

ROUNDS = int(os.environ.get("CH_ROUNDS", "10"))
SEATS, POT = 2, 1000
COSTS = (600, 500, 400)
#: How long the voters have, in milliseconds from before they begin: some are in time, some are late.
WINDOW = (5, 90)


@pytest.fixture(scope="module")
def quiet(stack):
    elections = row("council_election", method="scottish-stv", proposers=["clock"], board_mode="unlinked", sponsors_min=1, discussion_seconds=LONG)
    rounds = row("budget_round", method="knapsack", proposers=["treasurer"], sponsors_min=0, discussion_seconds=LONG)
    made = Quiet(stack, [row("policy", discussion_seconds=LONG), elections, rounds])
    yield made
    made.close()


@pytest.fixture(scope="module")
def chance():
    seed = random.randrange(1 << 32)
    print("seed", seed)
    return random.Random(seed)


def clock(matter):
    """What a tick does about one proposal: what fails is tried again."""
    return lambda line: ask(line, "SELECT governance.advance_due('proposal', %s)", (matter.id,))


def at_once(quiet, *deeds):
    """Each on a session of its own."""
    return together(*(lambda deed=deed, line=line: deed(line) for deed, line in zip(deeds, quiet.lines(len(deeds)))))


def say(matter, name, function, *args):
    return lambda line: matter.quiet.call(function, matter.quiet.ids[name], matter.id, *args, on=line)[0]


# ---- what there is to choose from, and its close ----

def policy(quiet):
    matter = Matter(quiet, "policy", {"schema": "policy_text", "text": f"We do as we said, {os.urandom(8).hex()}."}).submit()
    return matter, []


def election(quiet):
    effect = {"schema": "seats", "body": "council", "class": None, "seats": SEATS, "until": "2099-01-01T00:00:00Z"}
    matter = Matter(quiet, election=("council_election", "council_election:all", json.dumps(effect)))
    for name in ("ugo", "tess", "cleo", "mo"):
        matter.act(name, "stand_for_election", {})
        matter.act("ben", "nominate_candidate", {"member_id": quiet.ids[name]})
    return matter, [say(matter, "lin", "stand_for_election", {}), say(matter, "ben", "nominate_candidate", {"member_id": quiet.ids["lin"]}),
                    say(matter, "mo", "stand_down")]


def budget(quiet):
    def of(project, name, function, *args):
        return quiet.call(function, quiet.ids[name], project, *args)
    projects = []
    for cost in COSTS:
        project = quiet.done("create_project", quiet.ids["ada"], None, {"title": "A bench", "text": "To sit on."})["id"]
        of(project, "tess", "cost_project", {"cost": {"minor": cost, "currency": EUR}})
        for name in ("gil", "hal", "eva", "ada"):
            of(project, name, "sponsor_project")
        projects.append(project)
    effect = {"schema": "budget_awards", "pot": {"minor": POT, "currency": EUR}, "account": FUND}
    matter = Matter(quiet, "budget_round", effect, "tess").submit()
    dearer = {"cost": {"minor": COSTS[0] + 1, "currency": EUR}}
    return matter, [lambda line: quiet.call("cost_project", quiet.ids["tess"], projects[0], dearer, on=line)[0]]


def freeze(matter, deeds):
    """The list closes while people are at it: what is on the ballot is what their rows say, and nothing is added behind it."""
    quiet = matter.quiet
    quiet.rewrite("proposal", "guard", f"state_at = state_at - interval '{2 * LONG} seconds' WHERE id = '{matter.id}'")
    given = at_once(quiet, *deeds, clock(matter), clock(matter))[:len(deeds)]
    assert set(given) <= {"nominated", "ok", "costed", "not_allowed_here"}, given
    matter.advance()
    assert matter.state == "frozen", matter.row("state, held")
    listed = matter.effect
    for one in listed.get("projects", []):
        assert quiet.rows("SELECT state, cost, agreed, proposal_id::text FROM governance.project_now WHERE id = %s", one["project_id"]) == [("on_ballot", one["cost"], True, matter.id)]
    if "candidates" in listed:
        stood = quiet.rows("SELECT member_id::text FROM governance.candidate WHERE proposal_id = %s AND stands AND nominations > 0", matter.id)
        assert {one["member_id"] for one in listed["candidates"]} == {member for member, in stood}


# ---- votes ----

def draw(listed, chance):
    """A choice, now and then one that is none."""
    if "candidates" in listed:
        most = len(listed["candidates"]) + 1
        return {"r": chance.sample(range(1, most + 1), chance.randrange(most))}
    if "projects" in listed:
        return {"p": chance.sample(range(1, len(listed["projects"]) + 1), chance.randrange(len(listed["projects"])))}
    return {"c": chance.choice(["yes", "yes", "yes", "no", "abstain", "maybe"])}


def vote(matter, chance):
    """{record: voter} of what was acknowledged."""
    quiet, listed, sent = matter.quiet, matter.effect, []
    for name in chance.sample(sorted(CLASS_OF), 9):
        record = matter.seal(name, draw(listed, chance))
        sent += [(name, record)] + [(name, chance.choice([record, matter.seal(name, draw(listed, chance))]))] * (chance.random() < 0.4)
    chance.shuffle(sent)
    deeds = [lambda line, name=name, record=record: matter.cast(name, record, on=line) for name, record in sent]
    quiet.rewrite("proposal", "guard", f"closes_at = clock_timestamp() + interval '{chance.randrange(*WINDOW)} milliseconds' WHERE id = '{matter.id}'")

    def until_closed(line):
        while ask(line, "SELECT state FROM governance.proposal WHERE id = %s", (matter.id,)) == [("voting",)]:
            clock(matter)(line)
    given = at_once(quiet, *deeds, until_closed, until_closed)[:len(sent)]
    cast = {record: name for (name, record), outcome in zip(sent, given) if outcome == "cast"}
    assert len(set(cast.values())) == len(cast), "somebody voted twice"
    for (name, record), outcome in zip(sent, given):
        allowed = {"cast", "voting_not_open", "already_cast" if record in cast else "already_voted"}
        assert outcome in allowed, (name, outcome)
    kept = quiet.rows("SELECT encode(record_sha256, 'hex') FROM governance.ballot WHERE box = %s", matter.opened_box)
    flags = quiet.rows("SELECT member_id::text FROM governance.roll WHERE proposal_id = %s AND voted", matter.id)
    assert sorted(one for one, in kept) == sorted(map(seal.record_hash, cast)) and sorted(one for one, in flags) == sorted(quiet.ids[name] for name in cast.values())
    assert quiet.rows("SELECT count(*) FROM governance.ballot_log WHERE proposal_id = %s", matter.id) == [(1,)]
    return cast, collections.Counter(given)


# ---- opening and counting ----

def own_count(listed, choices, seed):
    """What the method makes of valid choices, by the second implementation; None of a decision."""
    if "candidates" in listed:
        return reference.Count(len(listed["candidates"]), listed["seats"], set(), [(1, choice["r"]) for choice in choices], seed).run()
    if "projects" in listed:
        projects = [{"id": one["number"], "cost": one["cost"]} for one in listed["projects"]]
        return reference.knapsack(json.dumps({"pot": POT, "min_num": 1, "min_den": 20, "projects": projects,
                                              "ballots": [{"count": 1, "projects": choice["p"]} for choice in choices]}).encode())
    return None


def is_valid(listed, choice):
    return choice.get("c") != "maybe" and all(n <= len(listed["candidates"]) for n in choice.get("r", []))


def work(matter, opened, spoiled, seed, result):
    """A worker: stores the opened box, and what it counts. `opened` is [hash, key, choice, class]."""
    unlinked = matter.row("rule ->> 'board_mode'") == ("unlinked",)
    merged = [{"class": code, "choice": choice, "count": n} for (code, choice), n in collections.Counter((one[3], one[2]) for one in opened).items()]

    def deed(line):
        line.autocommit = not unlinked
        try:
            if unlinked:
                given = matter.quiet.call("store_merged", matter.id, 1, merged, spoiled, seed, [], on=line)[0]
            else:
                given = matter.quiet.call("store_opened", matter.id, 1, [one[:3] for one in opened], spoiled, on=line)[0]
            stored = matter.quiet.call("store_tally", matter.id, 1, *matter.decided(line), result, on=line)
            line.commit()
        finally:
            line.rollback()
            line.autocommit = True
        assert given == stored[0] or (given, stored[0]) == ("ok", "stale"), (given, stored)
        return stored[0]
    return deed


#: What a choice is in the counts, when it is not for something.
WORDS = {'{"c":"no"}': "no", '{"c":"abstain"}': "abstain", '{"r":[]}': "abstain", '{"p":[]}': "abstain"}


def count(matter, cast):
    """Opened and counted by two workers at once, after two stewards at once; what is kept is what the ballots said. The result."""
    quiet, listed = matter.quiet, matter.effect
    both = [say(matter, STEWARDS[code], "reveal_steward_key", matter.keys[code].hex(), matter.public(code).hex()) for code in "UW"]
    assert at_once(quiet, *both) == ["accepted"] * 2
    code_of = {seal.record_hash(record): CLASS_OF[name] for record, name in cast.items()}
    every = [[*one, code_of[one[0]]] for one in matter.unseal(cast)]
    opened = [one for one in every if is_valid(listed, json.loads(one[2]))]
    spoiled = [one[0] for one in every if one not in opened]
    seed = hashlib.sha256(b"commonhold-lot/1" + b"".join(sorted(bytes.fromhex(one[1]) for one in opened))).hexdigest()
    result = own_count(listed, [json.loads(one[2]) for one in opened], seed)
    assert sorted(at_once(quiet, *[work(matter, opened, spoiled, seed, result)] * 2)) == ["ok", "stale"]
    counts, kept, lot_seed = quiet.rows("SELECT counts, result, lot_seed FROM governance.tally WHERE proposal_id = %s", matter.id)[0]
    own = collections.Counter((one[3], WORDS.get(one[2].rstrip(), "yes")) for one in opened)
    assert {(code, what): n for code, told in counts.items() for what, n in told.items() if what != "roll" and n} == dict(own)
    assert (kept, lot_seed) == (result, seed)
    return kept


def enact(matter, kept):
    """Three clocks at once: each move once, each effect once."""
    quiet = matter.quiet
    at_once(quiet, clock(matter), clock(matter), lambda line: ask(line, "SELECT governance.tick()"))
    moves = quiet.rows("SELECT from_state, to_state, count(*) FROM governance.proposal_event WHERE proposal_id = %s AND from_state <> to_state GROUP BY 1, 2", matter.id)
    assert all(n == 1 for *_, n in moves), moves
    assert matter.state in ("in_force", "lapsed", "rejected")
    listed, passed = matter.effect, matter.state == "in_force"
    if "candidates" in listed:
        member_of = {one["number"]: one["member_id"] for one in listed["candidates"]}
        seated = quiet.rows("SELECT member_id::text FROM governance.office WHERE proposal_id = %s ORDER BY seat", matter.id)
        assert [one for one, in seated] == ([member_of[n] for n in kept["winners"]] if passed else [])
    if "projects" in listed:
        awards = quiet.rows("SELECT project_id::text FROM governance.budget_award WHERE proposal_id = %s", matter.id)
        project_of = {one["number"]: one["project_id"] for one in listed["projects"]}
        assert sorted(one for one, in awards) == sorted(project_of[n] for n in kept["selected"]) if passed else awards == []


@pytest.mark.parametrize("kind", [policy, election, budget])
def test_races(quiet, chance, kind):
    seen, ends = collections.Counter(), collections.Counter()
    for _ in range(ROUNDS):
        matter, deeds = kind(quiet)
        freeze(matter, deeds)
        matter.open()
        cast, given = vote(matter, chance)
        kept = count(matter, cast)
        enact(matter, kept)
        seen += given
        ends[matter.state] += 1
    print(f"{kind.__name__}: {ROUNDS} rounds, {dict(seen)}, {dict(ends)}")
