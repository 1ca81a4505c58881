# SPDX-License-Identifier: AGPL-3.0-or-later
"""Elections that the clock opens: nominations, lists, sealed rankings, seats; what is refused, extended, uncontested, without candidates; recall."""
import hashlib
import json
import subprocess

import pytest

from sealing import CLASS_OF, LONG, MEMBERS, Vote, charter_changes, row, verify
from stack import BIN, eventually, first_page, merged
from trust import GOV

import seal  # sealing.py says where it is  # isort: skip

NOMINATIONS = 3
#: Founders whose office is left out: the council has three seats.
FREE = ("eva", "fay")
#: Seconds of nominations.
OPEN = 8


def election_row(kind, **changes):
    return row(kind, electorate="own_class" if kind == "board_election" else "all", method="scottish-stv", proposers=["clock"], sponsors_min=NOMINATIONS,
               discussion_seconds=OPEN, board_mode="unlinked", **changes)


def election_trust(stack, rules, bodies, settings=None, **durations):
    changes = charter_changes(rules, **durations)
    changes["founders"] = [{**one, "offices": []} if one["ref"] in FREE else one for one in changes["founders"]]
    made = stack.trust(changes=merged(changes, {"bodies": bodies}), settings=settings)
    eventually("the bootstrap clause to end", lambda: not made.public.get(f"{GOV}/charters/current").json["bootstrap"])
    made.ids = {name: made.sql("SELECT member_id::text FROM governance.member WHERE ref = %s", name)[0][0] for name in CLASS_OF}
    return made


def elections(trust, subject):
    kind = subject.split(":")[0]
    return [one for one in first_page(trust.public, f"{GOV}/proposals?type={kind}") if one["subject"] == subject]


class Election(Vote):
    """The next election that the clock opens: earlier ones, while the founders signed in, had no candidates."""

    def __init__(self, trust, subject):  # pylint: disable=super-init-not-called
        self.trust, self.keys, self.records = trust, {}, {}
        before = {one["id"] for one in elections(trust, subject)}
        self.id = eventually(f"the clock to open {subject} anew", lambda: [one["id"] for one in elections(trust, subject) if one["id"] not in before])[0]
        self.path = f"{GOV}/proposals/{self.id}"

    def stand(self, name, **body):
        return self.trust[name].send("POST", f"{self.path}/stand", body)

    def nominate(self, name, member):
        return self.trust[name].send("POST", f"{self.path}/nominate", {"member_id": self.trust.ids.get(member, member)})

    def candidate(self, name, nominators):
        assert self.stand(name, statement=f"I am {name}.").outcome == "nominated"
        for nominator in nominators:
            assert self.nominate(nominator, name).outcome == "nominated"

    def rank(self, name, *numbers):
        size = self.read()["sealing"]["choice_bytes"]
        self.records[name] = self.seal(name, seal.pad({"r": list(numbers)}, size))
        return self.send(name, self.records[name])


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1] if answer.status >= 400 else answer.outcome


def offices(trust, body):
    return {one["member_id"]: one for one in first_page(trust.public, f"{GOV}/offices?body={body}")}


# ---- a council election from its opening to its seats ----

CANDIDATES = {"ugo": "ada gil hal", "tess": "ben lin mo", "cleo": "cem eva fay", "hal": "gil ugo tess"}


@pytest.fixture(scope="module")
def trust(stack):
    made = election_trust(stack, [election_row("council_election"), row("recall", electorate="own_class", proposers=["petition"], board_mode="unlinked")],
                          {"council": {"seats": 3}}, extension_seconds=1, retry_seconds=2)
    yield made
    stack.release(made)


@pytest.fixture(scope="module")
def election(trust):
    """Voted on, in force. On the way: what nominations refuse."""
    made = Election(trust, "council_election:all")
    assert made.read()["author"] is None and made.read()["effect"]["seats"] == 3
    for name, nominators in CANDIDATES.items():
        made.candidate(name, nominators.split())
    made.refused = {"board": made.stand("ada"), "steward": made.stand("sue"), "of board": made.nominate("gil", "cem"), "self": made.nominate("gil", "gil"),
                    "nobody": made.nominate("gil", "0196f0a0-0000-7000-8000-000000000001"), "again": made.nominate("ada", "ugo"),
                    "early key": made.post_key("U")}
    made.candidate("lin", ["mo", "ben"])
    made.candidate("mo", ["lin", "ben", "tess"])
    assert slug(trust["mo"].send("POST", f"{made.path}/stand-down", {})) == "ok"
    made.open()
    made.listed = made.read()
    numbers = {one["member_id"]: one["number"] for one in made.listed["candidates"]}
    made.numbers = {name: numbers[trust.ids[name]] for name in CANDIDATES}
    u, t, c, h = (made.numbers[name] for name in CANDIDATES)
    made.rankings = {"ada": (u, h), "gil": (u, h), "hal": (h,), "ugo": (u, t), "ben": (t, u), "tess": (t,), "lin": (t, c), "cem": (c,), "eva": (c, h), "fay": (c, h), "mo": ()}
    for name, ranking in made.rankings.items():
        assert made.rank(name, *ranking).outcome == "cast"
    made.too_long = made.send("ida", made.seal("ida", seal.pad({"r": [1]}, 64)))
    made.spoil = made.rank("cleo", 9)
    made.close().state("in_force")
    return made


def test_what_nominations_refuse(election):
    assert {name: slug(answer) for name, answer in election.refused.items()} == {
        "board": "incompatible", "steward": "incompatible", "of board": "incompatible", "self": "invalid", "nobody": "invalid", "again": "nominated", "early key": "too_early"}
    assert slug(election.stand("gil")) == "not_allowed_here"


def test_the_list_is_frozen_in_published_order(election, trust):
    listed = election.listed["effect"]["candidates"]
    members = [one["member_id"] for one in listed]
    assert set(members) == {trust.ids[name] for name in CANDIDATES} and [one["number"] for one in listed] == [1, 2, 3, 4]
    assert members == sorted(members, key=lambda member: hashlib.sha256(f"commonhold-candidates/1:{election.id}:{member}".encode()).hexdigest())
    assert election.listed["sealing"]["choice_bytes"] == 16 + 4 * 4
    told = {one["member_id"]: one for one in election.listed["candidates"]}
    assert told[trust.ids["mo"]]["stands"] is False and told[trust.ids["lin"]]["number"] is None and told[trust.ids["ugo"]]["display_name"]


def test_the_count_is_the_calculators(election, tmp_path):
    tally = election.read()["tally"]
    blt = tmp_path / "council.blt"
    blt.write_text("4 3\n" + "".join(f"1 {' '.join(map(str, ranking))} 0\n" for ranking in election.rankings.values()) + '0\n"A"\n"B"\n"C"\n"D"\n"Council"\n')
    bundle = json.loads(eventually("the bundle", lambda: election.trust["ada"].get(f"{GOV}/bundles/{election.id}").raw))
    told = subprocess.run([BIN / "commonhold", "calc", "tally", "--method", "scottish-stv", "--lot-seed", bundle["lot_seed"], blt], capture_output=True, text=True, timeout=60, check=True)
    assert tally["result"] == json.loads(told.stdout) == bundle["tally"]["result"]
    assert tally["counts"]["W"] == {"roll": 7, "yes": 3, "no": 0, "abstain": 1} and tally["outcome"]["outcome"] == "carried"
    assert len(bundle["spoiled"]) == 1 and election.spoil.outcome == "cast" and slug(election.too_long) == "ballot_malformed"


def test_the_bundle_is_verified(election):
    text = eventually("the bundle", lambda: election.trust["ada"].get(f"{GOV}/bundles/{election.id}").raw)
    code, lines = verify(text)
    assert code == 0 and lines[-1] == "outcome carried", lines
    bundle = json.loads(text)
    bundle["tally"]["result"]["winners"].reverse()
    assert [line for line in verify(seal.canonical(bundle))[1] if line.startswith("FAIL tally ")]
    bundle = json.loads(text)
    bundle["tally"]["effect"]["seats"] = 2
    assert [line for line in verify(seal.canonical(bundle))[1] if line.startswith("FAIL tally ")]


def test_ballots_of_elections_are_for_members(election):
    tracker = seal.tracker(election.records["ada"])
    for path in (f"bundles/{election.id}", f"turnouts/{election.id}", f"trackers/{tracker}"):
        assert slug(election.trust.public.send("GET", f"{GOV}/{path}")) == "forbidden"
        assert eventually(path, lambda path=path: election.trust["ada"].get(f"{GOV}/{path}").status) == 200
    assert election.trust.public.get(election.path).json["tally"]["result"]["stages"]


def test_the_winners_are_seated(election, trust):
    names = {number: name for name, number in election.numbers.items()}
    winners = {trust.ids[names[number]] for number in election.read()["tally"]["result"]["winners"]}
    seated = offices(trust, "council")
    assert set(seated) == winners and len(winners) == 3 and {one["origin"] for one in seated.values()} == {election.id}
    assert {one["until"] for one in seated.values()} == {election.read()["effect"]["until"]}
    assert trust.sql("SELECT count(*) FROM governance.office_end WHERE proposal_id = %s", election.id) == [(3,)]


def test_a_recall_ends_the_office(election, trust):
    office = offices(trust, "board")[trust.ids["cem"]]["office_id"]
    effect = {"schema": "recall", "office_id": office, "class": "C"}
    wrong = trust["eva"].post(f"{GOV}/proposals", {"type": "recall", "title": "A recall", "text": "Because.", "effect": {**effect, "class": "U"}}).json
    assert slug(trust["eva"].send("POST", f"{GOV}/proposals/{wrong['id']}/submit", {})) == "invalid"
    vote = Vote(trust, "recall", effect, "eva").open()
    assert slug(vote.send("ada", seal.seal(vote.box, "U", vote.stewards, {"c": "yes"}))) == "not_on_roll"
    assert vote.read()["roll"]["counts"] == {"U": 0, "W": 0, "C": len(MEMBERS["C"])}
    for name in MEMBERS["C"]:
        vote.cast(name, "yes")
    vote.close().state("in_force")
    assert trust.ids["cem"] not in offices(trust, "board")


# ---- too few candidates ----

@pytest.fixture(scope="module")
def few(stack):
    made = election_trust(stack, [election_row("council_election"), election_row("board_election")],
                          {"board": {"seats_per_class": 2, "term_seconds": LONG}}, extension_seconds=1, retry_seconds=2)
    yield made
    stack.release(made)


def test_extended_then_uncontested(few):
    """Of the board only class U is elected yet: the others come at two and three thirds of the term."""
    election = Election(few, "board_election:U")
    assert not elections(few, "board_election:W") and not elections(few, "board_election:C")
    assert slug(election.stand("ben")) == "forbidden" and slug(election.nominate("ada", "ben")) == "invalid" and slug(election.stand("gil")) == "incompatible"
    election.candidate("ugo", ["ada", "gil", "hal"])
    found = election.state("in_force")
    reasons = [one["reason"] for one in found["events"]]
    assert "extended: 1 candidates for 2 seats" in reasons and "uncontested" in reasons and found["tally"] is None
    seated = {member for member, one in offices(few, "board").items() if one["seat"].startswith("U")}
    assert seated == {few.ids["ugo"]} and found["effect"]["candidates"] == [{"number": 1, "member_id": few.ids["ugo"]}]


def test_no_candidates_is_tried_again(few):
    eventually("a second election", lambda: len(elections(few, "council_election:all")) > 1)
    last = elections(few, "council_election:all")[-1]
    found = few.proposal(last["id"])
    assert (found["state"], found["events"][-1]["reason"]) == ("lapsed", "no candidates")
