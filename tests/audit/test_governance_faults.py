# SPDX-License-Identifier: AGPL-3.0-or-later
"""The auditor's checks of governance against faults: a trust that voted by name and in secret, in one reading and in two, elected its council, shared a budget, recalled, appointed,
and passed an asset on, through the real services, is the base; then one thing at a time is changed behind their back, and the audit must say exactly what, in both modes, and be silent
again when it is undone."""
import concurrent.futures
import json
import re

import pytest

import locking
from auditing import Books, all_fired, clean, is_told
from faults import HEX, Fault, redefined, told
from sealing import BYLAW, POLICY, Vote, charter_changes, row
from stack import eventually
from test_budget import Project
from test_elections import FREE, Election, election_row
from trust import GOV

import seal  # sealing.py says where it is  # isort: skip

CHECKS = {"GOV-A1", "GOV-A2", "GOV-B1", "GOV-F1", "GOV-O1", "GOV-R1", "GOV-T1"}
#: Seconds of voting, here of the real clock, for an audit looks at it: by name, and where every ballot is sealed first.
NAMED, SEALED = 12, 30
ANY = re.compile(".*", re.S)
#: Most of a fault is waiting for the database.
AT_ONCE = 3


# ---- the base ----

def rules():
    named = {"secrecy": "named", "voting_seconds": NAMED}
    locked = [locking.rule_row(kind, voting_seconds=NAMED, cooling_seconds=1) for kind in ("succession", "entrenched")]
    return [*locked, row("policy", voting_seconds=SEALED), row("bylaw", board_mode="linked", **named), election_row("council_election", voting_seconds=SEALED),
            row("recall", electorate="own_class", proposers=["petition"], voting_seconds=SEALED, board_mode="unlinked"),
            row("budget_round", method="knapsack", proposers=["clock", "treasurer"], sponsors_min=0, q_den=20, voting_seconds=SEALED)]


def found(stack):
    changes = charter_changes(rules(), extension_seconds=1, retry_seconds=2)
    changes["founders"] = [{**one, "offices": []} if one["ref"] in FREE else one for one in changes["founders"]]
    changes["bodies"] = {"council": {"seats": 3}}
    name = {"ref": "name-harbour", "kind": "name", "title": "Harbour Air", "provenance": "registered", "sha256": None, "disposition": "held"}
    changes["assets"] = [*locking.CHARTER["assets"], name]
    trust = stack.trust(changes)
    eventually("the bootstrap clause to end", lambda: not trust.public.get(f"{GOV}/charters/current").json["bootstrap"])
    trust.ids = {ref: member for ref, member in trust.sql("SELECT ref, member_id::text FROM governance.member")}
    return trust


def is_read(trust, proposals, reading):
    """All vote yes in this reading of each."""
    for proposal in proposals:
        eventually(f"reading {reading}", lambda proposal=proposal: (trust.proposal(proposal)["state"], trust.proposal(proposal)["reading"]) == ("voting", reading))
        for name in locking.FOUNDERS:
            trust[name].post(f"{GOV}/proposals/{proposal}/cast-named-vote", {"choice": "yes"})


def named_votes(trust, made):
    """A bylaw that is carried and one that is not; what passes an asset on, and what protects the lock, in two readings."""
    made.succession = locking.put_forward(trust, "succession", locking.succession())
    made.entrenched = locking.put_forward(trust, "entrenched", {"schema": "rule_row", "rule": locking.rule_row("succession", s_num=3, s_den=4)})
    made.bylaw, made.refused = (trust.propose("ada", "bylaw", "Quiet", "As it says.", {**BYLAW, "clause": clause}, []) for clause in ("2", "3"))
    for proposal in (made.bylaw, made.refused):
        trust.wait_state(proposal, ["voting"])
    for name in ("ada", "gil", "hal", "ben", "tess", "lin", "cem", "eva"):
        trust[name].post(f"{GOV}/proposals/{made.bylaw}/cast-named-vote", {"choice": "no" if name in ("hal", "lin") else "yes"})
        trust[name].post(f"{GOV}/proposals/{made.refused}/cast-named-vote", {"choice": "yes" if name in ("hal", "lin") else "no"})
    for reading in (1, 2):
        is_read(trust, (made.succession, made.entrenched), reading)
    for proposal in (made.succession, made.entrenched, made.bylaw):
        trust.wait_state(proposal, ["in_force"])
    trust.wait_state(made.refused, ["rejected"])


def appoint(trust, made):
    made.appointment = trust.propose("ben", "board_decision", "Who watches over conduct", "Mo does.", {"schema": "appointment", "body": "conduct", "member_id": trust.ids["mo"]}, [])
    trust.vote(made.appointment, {name: "yes" for name in locking.BOARD})


def sealed_votes(trust, made):
    """A policy, a budget round, a recall and an election, beside each other."""
    made.projects = [Project(trust, "ada", "Sensors").ready(600), Project(trust, "ben", "A boat").ready(500), Project(trust, "cem", "Seedlings").ready(400)]
    budget = Vote(trust, "budget_round", {"schema": "budget_awards", "pot": {"minor": 1000, "currency": "EUR"}, "account": "Equity:Fund:Commons"}, "tess")
    policy = Vote(trust, "policy", POLICY, "gil")
    office = trust.sql("SELECT id::text FROM governance.office WHERE body = 'board' AND member_id = %s", trust.ids["cem"])[0][0]
    recall = Vote(trust, "recall", {"schema": "recall", "office_id": office, "class": "C"}, "eva")
    for vote in (budget, policy, recall):
        vote.open()
    for name, choice in {"ada": "yes", "gil": "yes", "hal": "no", "ben": "yes", "tess": "yes", "lin": "abstain", "cem": "yes", "eva": "yes", "fay": b'{"c":"perhaps"}'.ljust(32)}.items():
        policy.cast(name, choice)
    for name in ("cem", "eva", "fay", "sara"):
        recall.cast(name, "no" if name == "cem" else "yes")
    size = budget.read()["sealing"]["choice_bytes"]
    for name, chosen in {"ada": [1, 3], "gil": [1, 3], "hal": [1, 3], "ben": [2], "mo": [2], "cem": [1, 2], "eva": [3]}.items():
        assert budget.send(name, budget.seal(name, seal.pad({"p": chosen}, size))).outcome == "cast"
    election = Election(trust, "council_election:all")
    for name, nominators in {"ugo": "ada gil hal", "tess": "ben lin mo", "cleo": "cem eva fay", "hal": "gil ugo tess"}.items():
        election.candidate(name, nominators.split())
    election.open()
    numbers = {one["member_id"]: one["number"] for one in election.read()["candidates"]}
    made.numbers = {name: numbers[trust.ids[name]] for name in ("ugo", "tess", "cleo", "hal")}
    u, t, c, h = made.numbers.values()
    for name, ranking in {"ada": (u, h), "gil": (u, h), "hal": (h,), "ugo": (u, t), "ben": (t, u), "tess": (t,), "lin": (t, c), "cem": (c,), "eva": (c, h), "fay": (c, h), "mo": ()}.items():
        assert election.rank(name, *ranking).outcome == "cast"
    for vote in (budget, policy, recall, election):
        vote.state("closed")
        for code in "UW":
            assert vote.reveal(code).outcome == "accepted"
        vote.state("in_force")
    made.projects = [project.id for project in made.projects]
    made.budget, made.policy, made.recall, made.election = budget.id, policy.id, recall.id, election.id


class Made:
    """What the base's proposals are called."""


@pytest.fixture(scope="module")
def base(stack):
    trust, made = found(stack), Made()
    named_votes(trust, made)
    appoint(trust, made)
    sealed_votes(trust, made)
    made.ids = trust.ids
    trust.wait_sql("all leaves logged", "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")
    trust.stop()
    books = Books(stack.admin, "governance_base", trust.name).stop_clock()
    stack.release(trust)
    books.made = made
    yield clean(books, CHECKS)
    books.drop()


# ---- what faults are made of ----

def on(check, proposal, aspect, expected, found):
    """Of a vote."""
    return told(check, "proposal", proposal, aspect, expected, found)


def first(check, proposal, aspect, expected, found):
    """Of its first reading."""
    return on(check, proposal, f"{aspect} of reading 1", expected, found)


def canonical(b, document):
    return b.one("SELECT log.canonical(%s::jsonb)", json.dumps(document))


def hash_of(b, statement):
    return b.one(f"SELECT encode(sha256(convert_to(({statement})::text, 'UTF8')), 'hex')")


def of_tally(b, proposal, what):
    return b.one(f"SELECT {what} FROM governance.tally WHERE proposal_id = %s", proposal)


def recounted(b, proposal, changes):
    """What the ballots come to with so many more for (class, choice), and what was tallied."""
    made = of_tally(b, proposal, "counts")
    ballots = json.loads(json.dumps(made))
    for (where, choice), more in changes.items():
        ballots[where][choice] += more
    return canonical(b, ballots), canonical(b, made)


def tally_hash(b, proposal):
    return first("GOV-T1", proposal, "tally's hash", HEX, of_tally(b, proposal, "sha256::text"))


def roll_of(b, proposal, voted, where=None):
    """(member, class) of who voted, or did not."""
    return b.sql("SELECT member_id::text, class::text FROM governance.roll WHERE proposal_id = %s AND voted = %s AND class = COALESCE(%s, class) ORDER BY class, member_id", proposal, voted, where)


def logged_box(b, proposal):
    """The ballots are not those that the log was told of."""
    return first("GOV-B1", proposal, "ballots in the log", HEX, b.one("SELECT sha256::text FROM governance.ballot_log WHERE proposal_id = %s ORDER BY no DESC LIMIT 1", proposal))


def head_of(b, proposal):
    return b.sql("SELECT sha256::text, counts FROM governance.roll_head WHERE proposal_id = %s", proposal)[0]


def text_of(b, document):
    return b.one("SELECT %s::jsonb::text", json.dumps(document))


# ---- GOV-R1 ----

def struck_off_the_roll(b):
    """Somebody who did not vote."""
    policy = b.made.policy
    (member, where), (head, counts) = roll_of(b, policy, False)[0], head_of(b, policy)
    return Fault(["governance.roll"], [f"DELETE FROM governance.roll WHERE proposal_id = '{policy}' AND member_id = '{member}'"], [
        first("GOV-R1", policy, "hash of the roll", HEX, head), first("GOV-R1", policy, "counts of the roll", text_of(b, {**counts, where: counts[where] - 1}), text_of(b, counts)),
        on("GOV-R1", policy, f"member {member} on the roll of reading 1", where, "not on the roll"),
        first("GOV-T1", policy, "counts", *recounted(b, policy, {(where, "roll"): -1}))])


def two_exchanged_their_classes(b):
    """Neither voted; each chamber is as large as before."""
    policy = b.made.policy
    (one, u), (two, w) = roll_of(b, policy, False, "U")[0], roll_of(b, policy, False, "W")[0]
    return Fault(["governance.roll"], [f"UPDATE governance.roll SET class = CASE class WHEN 'U' THEN 'W' ELSE 'U' END WHERE proposal_id = '{policy}' AND member_id IN ('{one}', '{two}')"], [
        first("GOV-R1", policy, "hash of the roll", HEX, head_of(b, policy)[0]), on("GOV-R1", policy, f"member {one} on the roll of reading 1", u, "not on the roll"),
        on("GOV-R1", policy, f"member {two} on the roll of reading 1", w, "not on the roll")])


def stranger_on_the_roll_of_one_class(b):
    """Of class U, in the recall of class C."""
    recall, ada, (head, counts) = b.made.recall, b.made.ids["ada"], head_of(b, b.made.recall)
    return Fault(["governance.roll"], [f"INSERT INTO governance.roll (proposal_id, reading, member_id, class) VALUES ('{recall}', 1, '{ada}', 'U')"], [
        first("GOV-R1", recall, "hash of the roll", HEX, head), first("GOV-R1", recall, "counts of the roll", text_of(b, {**counts, "U": 1}), text_of(b, counts)),
        on("GOV-R1", recall, f"member {ada} on the roll of reading 1", "no elector", "U"), first("GOV-T1", recall, "counts", *recounted(b, recall, {("U", "roll"): 1}))])


# ---- GOV-B1 ----

def named_vote_lost(b):
    bylaw, member = b.made.bylaw, b.made.ids["ada"]
    return Fault(["governance.named_vote"], [f"DELETE FROM governance.named_vote WHERE proposal_id = '{bylaw}' AND member_id = '{member}'"], [
        logged_box(b, bylaw), on("GOV-B1", bylaw, f"member {member} in reading 1", "a vote", "no vote"), first("GOV-T1", bylaw, "counts", *recounted(b, bylaw, {("U", "yes"): -1}))])


def two_named_votes_exchanged(b):
    """Of one class: the counts are as before."""
    bylaw, names = b.made.bylaw, [b.made.ids[name] for name in ("ada", "hal")]
    return Fault(["governance.named_vote"], [f"UPDATE governance.named_vote SET choice = CASE choice WHEN 'yes' THEN 'no' ELSE 'yes' END WHERE proposal_id = '{bylaw}' AND member_id IN {tuple(names)}"],
                 [logged_box(b, bylaw)])


def mark_taken_away(b):
    """Of somebody who cast a sealed ballot: who voted could vote again."""
    policy, (member, where) = b.made.policy, roll_of(b, b.made.policy, True)[0]
    cast = len(roll_of(b, policy, True, where))
    return Fault(["governance.roll"], [f"UPDATE governance.roll SET voted = false WHERE proposal_id = '{policy}' AND member_id = '{member}'"],
                 [on("GOV-B1", policy, f"ballots of class {where} in reading 1", str(cast - 1), str(cast))])


def sealed_ballot_lost(b):
    """A spoiled one, which is in no count."""
    policy = b.made.policy
    return Fault(["governance.ballot", "governance.spoiled_ballot"], [f"DELETE FROM governance.ballot WHERE record_sha256 IN (SELECT record_sha256 FROM governance.spoiled_ballot WHERE box = '{policy}/1')",
                                                                      f"DELETE FROM governance.spoiled_ballot WHERE box = '{policy}/1'"],
                 [logged_box(b, policy), on("GOV-B1", policy, "ballots of class C in reading 1", "3", "2")])


def opened_to_another_choice(b):
    policy = b.made.policy
    ballot, where = b.sql("SELECT encode(o.record_sha256, 'hex'), convert_from(x.record, 'UTF8')::jsonb ->> 'class' FROM governance.opened_choice AS o JOIN governance.ballot AS x USING (box, "
                          "record_sha256) WHERE o.box = %s AND o.choice LIKE '%%yes%%' ORDER BY 1 LIMIT 1", f"{policy}/1")[0]
    return Fault(["governance.opened_choice"], [f"""UPDATE governance.opened_choice SET choice = rpad('{{"c":"no"}}', 32) WHERE record_sha256 = '\\x{ballot}'"""], [
        on("GOV-B1", policy, f"ballot {ballot} in reading 1", HEX, HEX), first("GOV-T1", policy, "counts", *recounted(b, policy, {(where, "yes"): -1, (where, "no"): 1}))])


# ---- GOV-T1 ----

def tally_rewritten(b):
    """One yes more than there was, of a bylaw that was refused."""
    refused = b.made.refused
    ballots, made = recounted(b, refused, {})
    more, _ = recounted(b, refused, {("U", "yes"): 1})
    return Fault(["governance.tally"], [f"UPDATE governance.tally SET counts = '{more}' WHERE proposal_id = '{refused}'"], [first("GOV-T1", refused, "counts", made, more), tally_hash(b, refused)])


def refusal_called_a_success(b):
    refused = b.made.refused
    return Fault(["governance.tally"], [f"""UPDATE governance.tally SET outcome = jsonb_set(outcome, '{{outcome}}', '"carried"') WHERE proposal_id = '{refused}'"""],
                 [first("GOV-T1", refused, "decision", "not_supported", "carried"), tally_hash(b, refused)])


def tally_lost(b):
    """Of the second reading."""
    succession = b.made.succession
    return Fault(["governance.tally"], [f"DELETE FROM governance.tally WHERE proposal_id = '{succession}' AND reading = 2"], [
        on("GOV-T1", succession, "tallies", "2", "1"), told("T2", "vote_result", f"{succession}/2", "object", "an object", "none"),
        told("GOV-A1", "asset", "pool-air", "readings", "2 on 2 rolls", "1 on 1 rolls")])


def another_seed(b):
    policy = b.made.policy
    return Fault(["governance.tally"], [f"UPDATE governance.tally SET lot_seed = repeat('0', 64) WHERE proposal_id = '{policy}'"], [first("GOV-T1", policy, "lot seed", HEX, "0" * 64)])


def ranking_changed(b):
    """Of an unlinked box, where no ballot leads to its choice: a first preference for another candidate."""
    election, (u, t, c, _), winners = b.made.election, b.made.numbers.values(), of_tally(b, b.made.election, "result -> 'winners'")
    old, new = (f'rpad(\'{{"r":[{n}]}}\', 32)' for n in (t, c))
    counted = [first("GOV-T1", election, "winners", canonical(b, [c, u, t]), canonical(b, winners))] if winners != [c, u, t] else []
    return Fault(["governance.opened_merged"], [f"UPDATE governance.opened_merged SET choice = {new} WHERE box = '{election}/1' AND choice = {old}"], [
        first("GOV-T1", election, "stages", ANY, canonical(b, of_tally(b, election, "result -> 'stages'"))), *counted])


def winners_in_another_order(b):
    election = b.made.election
    winners = of_tally(b, election, "result -> 'winners'")
    other = [winners[1], winners[0], *winners[2:]]
    return Fault(["governance.tally"], [f"UPDATE governance.tally SET result = jsonb_set(result, '{{winners}}', '{json.dumps(other)}') WHERE proposal_id = '{election}'"],
                 [first("GOV-T1", election, "winners", canonical(b, winners), canonical(b, other)), tally_hash(b, election)])


def other_project_selected(b):
    """That which did not fit; the money went where it should."""
    budget, (sensors, boat, _) = b.made.budget, b.made.projects
    return Fault(["governance.tally"], [f"UPDATE governance.tally SET result = jsonb_set(result, '{{selected}}', '[3, 2]') WHERE proposal_id = '{budget}'"], [
        first("GOV-T1", budget, "selected", "[3,1]", "[3,2]"), tally_hash(b, budget), on("GOV-T1", budget, f"award of project {sensors}", "none", "Equity:Fund:Commons 600 EUR"),
        on("GOV-T1", budget, f"award of project {boat}", "Equity:Fund:Commons 500 EUR", "none")])


def award_raised(b):
    budget = b.made.budget
    award, project = b.sql("SELECT id::text, project_id::text FROM governance.budget_award WHERE minor = 600")[0]
    return Fault(["governance.budget_award"], [f"UPDATE governance.budget_award SET minor = 6000 WHERE id = '{award}'"], [
        on("GOV-T1", budget, f"award of project {project}", "Equity:Fund:Commons 600 EUR", "Equity:Fund:Commons 6000 EUR"), told("T2", "rule", f"budget:{award}", "hash", HEX, HEX)])


# ---- GOV-F1 ----

def quorum_lowered_afterwards(b):
    """In the proposal's own copy of the rule row."""
    bylaw = b.made.bylaw
    kind, sha = b.sql("SELECT rule_type || ' ' || rule_version, rule_sha256::text FROM governance.proposal WHERE id = %s", bylaw)[0]
    other = hash_of(b, f"SELECT log.canonical(jsonb_set(rule, '{{q_den}}', '1000')) FROM governance.proposal WHERE id = '{bylaw}'")
    return Fault(["governance.proposal"], [f"UPDATE governance.proposal SET rule = jsonb_set(rule, '{{q_den}}', '1000') WHERE id = '{bylaw}'"],
                 [on("GOV-F1", bylaw, "rule row", sha, other), on("GOV-F1", bylaw, "rule row in force", f"{kind} {sha}", f"{kind} {other}")])


def text_changed_behind_the_vote(b):
    policy = b.made.policy
    return Fault(["governance.proposal_version"], [f"UPDATE governance.proposal_version SET body_text = 'Because it is mine.' WHERE proposal_id = '{policy}'"],
                 [on("GOV-F1", policy, "text", b.one("SELECT text_sha256::text FROM governance.proposal WHERE id = %s", policy), HEX)])


def closed_early(b):
    """A third of the voting cut off."""
    policy = b.made.policy
    return Fault(["governance.proposal_event"], [f"UPDATE governance.proposal_event SET at = at - interval '10 seconds' WHERE proposal_id = '{policy}' AND to_state = 'closed'"],
                 [on("GOV-F1", policy, "voting", "long enough", "too short")])


def move_taken_out_of_the_history(b):
    policy = b.made.policy
    at = b.one("SELECT seq FROM governance.proposal_event WHERE proposal_id = %s AND to_state = 'carried'", policy)
    last = b.one("SELECT max(seq) FROM governance.proposal_event WHERE proposal_id = %s", policy)
    return Fault(["governance.proposal_event"], [f"DELETE FROM governance.proposal_event WHERE proposal_id = '{policy}' AND seq = {at}"], [
        *(on("GOV-F1", policy, f"move {n}", ANY, ANY) for n in range(at + 1, last + 1)), first("GOV-T1", policy, "what followed", "carried", "cooling")])


# ---- GOV-O1 ----

def seat_of(b, body, member):
    return b.one("SELECT id::text FROM governance.office WHERE body = %s AND member_id = %s ORDER BY from_at DESC LIMIT 1", body, b.made.ids[member])


def elected(b):
    """(names that were elected, names that were not)."""
    winners = of_tally(b, b.made.election, "result -> 'winners'")
    return [name for name, n in b.made.numbers.items() if n in winners], [name for name, n in b.made.numbers.items() if n not in winners]


def other_leaf(ident):
    return told("T2", "office", ident, "hash", HEX, HEX)


def loser_is_seated(b):
    (winner, *_), (loser,) = elected(b)
    office, member = seat_of(b, "council", winner), b.made.ids[loser]
    return Fault(["governance.office"], [f"UPDATE governance.office SET member_id = '{member}' WHERE id = '{office}'"],
                 [told("GOV-O1", "office", office, "holder", f"a winner of {b.made.election}", member), other_leaf(office)])


def office_for_longer(b):
    """Of the founding charter."""
    office = seat_of(b, "treasurer", "tess")
    until, other = b.sql("SELECT log.time_text(until_at), log.time_text(until_at + interval '1 year') FROM governance.office WHERE id = %s", office)[0]
    return Fault(["governance.office"], [f"UPDATE governance.office SET until_at = until_at + interval '1 year' WHERE id = '{office}'"],
                 [told("GOV-O1", "office", office, "until", until, other), other_leaf(office)])


def office_of_nobody(b):
    """A second officer, whom nothing made one."""
    new, member = "0198cccc-0000-7000-8000-000000000001", b.made.ids["dee"]
    return Fault(["governance.office"], [f"INSERT INTO governance.office (id, body, seat, class, member_id, from_at, until_at) SELECT '{new}', body, '2', class, '{member}', from_at, until_at "
                                         f"FROM governance.office WHERE id = '{seat_of(b, 'licensing_officer', 'lin')}'"],
                 [told("GOV-O1", "office", new, "origin", "the charter", "none"), told("GOV-O1", "office", new, "number", "one of 1", "2"), told("T2", "office", new, "leaves", "1", "0")])


def recalled_by_nothing(b):
    """Somebody of the board is out, and no vote says so."""
    office, at = seat_of(b, "board", "ben"), b.one("SELECT max(at)::text FROM governance.office_end WHERE reason = 'recalled'")
    return Fault(["governance.office_end"], [f"INSERT INTO governance.office_end (office_id, at, reason, proposal_id) VALUES ('{office}', '{at}', 'recalled', '{b.made.recall}')"],
                 [told("GOV-O1", "office", office, "end", "recalled", "none"), told("T2", "office", office, "leaves", "2", "1")])


def expelled_by_nobody(b):
    """Somebody without an office, after all rolls were taken."""
    member, seq = b.sql("SELECT s.member_id::text, max(s.seq) + 1 FROM governance.standing AS s WHERE NOT EXISTS (SELECT FROM governance.office AS o WHERE o.member_id = s.member_id) "
                        "GROUP BY 1 ORDER BY 1 LIMIT 1")[0]
    return Fault(["governance.standing"], [f"INSERT INTO governance.standing (member_id, seq, standing, since_at, reason) VALUES ('{member}', {seq}, 'expelled', clock_timestamp(), 'x')"],
                 [told("GOV-O1", "member", member, f"standing {seq}", "expelled by a vote in force", "by none")])


def key_of_the_author(b):
    """A steward's key to a box of her own."""
    policy, gil = b.made.policy, b.made.ids["gil"]
    return Fault(["governance.steward_key"], [f"UPDATE governance.steward_key SET member_id = '{gil}' WHERE proposal_id = '{policy}' AND class = 'U'"],
                 [on("GOV-O1", policy, "steward of class U in reading 1", "a steward in office, neither its author nor concerned", gil)])


# ---- GOV-A1 ----

def asset(aspect, expected, found, name="name-harbour"):
    return told("GOV-A1", "asset", name, aspect, expected, found)


def licensed_without_a_vote(b):
    """On the register alone; its history still says that it is held."""
    assert b.made
    return Fault(["governance.asset"], ["UPDATE governance.asset SET disposition = 'licensed_only' WHERE ref = 'name-harbour'"], [asset("disposition", "held", "licensed_only")])


def history_invented(b):
    """On the register and in its history, as if the charter had said so later."""
    ident = b.one("SELECT id::text FROM governance.asset WHERE ref = 'name-harbour'")
    return Fault(["governance.asset", "governance.asset_event"], [
        "UPDATE governance.asset SET disposition = 'licensed_only' WHERE ref = 'name-harbour'",
        f"INSERT INTO governance.asset_event (asset_id, seq, disposition, at) SELECT '{ident}', 2, 'licensed_only', at + interval '1 minute' FROM governance.asset_event WHERE asset_id = '{ident}'"],
        [asset("disposition licensed_only of charter", "a charter or a vote in force that gave it", "none"), told("T2", "asset", ident, "leaves", "2", "1")])


def asset_struck_off(b):
    """With its history."""
    ident = b.one("SELECT id::text FROM governance.asset WHERE ref = 'name-harbour'")
    return Fault(["governance.asset", "governance.asset_event"], [f"DELETE FROM governance.asset_event WHERE asset_id = '{ident}'", f"DELETE FROM governance.asset WHERE id = '{ident}'"],
                 [asset("register", "on the register", "none"), asset("disposition held of charter", "held", "none"), told("T2", "asset", ident, "object", "an object", "none")])


def passed_on_to_another(b):
    """Another successor than was voted on."""
    voted, other = b.sql("SELECT log.canonical(to_jsonb(s) - 'id' - 'proposal_id' - 'at'), log.canonical(to_jsonb(s) - 'id' - 'proposal_id' - 'at' || '{\"name\": \"Mine\"}') FROM governance.successor AS s")[0]
    return Fault(["governance.successor"], ["UPDATE governance.successor SET name = 'Mine'"], [asset("successor", voted, other, "pool-air")])


def guard_taken_off(b):
    assert b.made
    return Fault(statements=["ALTER EVENT TRIGGER commonhold_ddl DISABLE", "ALTER TABLE governance.asset DISABLE TRIGGER guard", "ALTER EVENT TRIGGER commonhold_ddl ENABLE ALWAYS"],
                 undo=["ALTER EVENT TRIGGER commonhold_ddl DISABLE", "ALTER TABLE governance.asset ENABLE ALWAYS TRIGGER guard", "ALTER EVENT TRIGGER commonhold_ddl ENABLE ALWAYS"],
                 expected=[told("GOV-A1", "trigger", "governance.asset guard", "state", "always", "disabled"), redefined("governance.asset")])


def event_trigger_dropped(b):
    """By a superuser, who can."""
    b.sql("DROP EVENT TRIGGER commonhold_drop")
    return Fault(undo=["CREATE EVENT TRIGGER commonhold_drop ON sql_drop EXECUTE FUNCTION migrate.guard_drop()", "ALTER EVENT TRIGGER commonhold_drop ENABLE ALWAYS"], expected=[
        told("GOV-A1", "event trigger", "commonhold_drop", "state", "always", "none"), told("G2", "event trigger", "commonhold_drop", "object", HEX, "none")])


def domain_with_sold(b):
    assert b.made
    domain = "ALTER DOMAIN governance.asset_disposition"
    put = "ADD CONSTRAINT asset_disposition_check CHECK (VALUE IN"
    return Fault(statements=[f"{domain} DROP CONSTRAINT asset_disposition_check", f"{domain} {put} ('held', 'licensed_only', 'sold', 'succeeded'))"],
                 undo=[f"{domain} DROP CONSTRAINT asset_disposition_check", f"{domain} {put} ('held', 'licensed_only', 'succeeded'))"],
                 expected=[told("GOV-A1", "type", "governance.asset_disposition", "values", "held licensed_only succeeded", "held licensed_only sold succeeded"), redefined("governance.asset_disposition", "type")])


# ---- GOV-A2 ----

def rule(aspect, expected, found, name):
    return told("GOV-A2", "rule", name, aspect, expected, found)


def floor_lowered(b):
    """Of the row that the next succession would be voted on, with everything that follows from it."""
    changed, where = "jsonb_set(rule, '{s_den}', '5')", "WHERE type = 'succession' AND version = 2"
    was = b.one(f"SELECT sha256::text FROM governance.rule_version {where}")
    return Fault(["governance.rule_version"], [f"UPDATE governance.rule_version SET rule = {changed}, canonical = log.canonical({changed}), "
                                               f"sha256 = encode(sha256(convert_to(log.canonical({changed}), 'UTF8')), 'hex') {where}"],
                 [rule("floors", "kept", "below", "succession 2"), rule("text", was, HEX, "succession 2"), told("T2", "rule", "rule:succession", "hash", ANY, ANY)])


def clause_rewritten(b):
    """An entrenched one."""
    sha = b.one("SELECT sha256::text FROM governance.bylaw_version WHERE clause = '1'")
    return Fault(["governance.bylaw_version"], ["UPDATE governance.bylaw_version SET body_text = 'The trust sells air readings.' WHERE clause = '1'"],
                 [told("GOV-A2", "bylaw", "1 1", "hash", HEX, sha), told("GOV-A2", "bylaw", "1 1", "text", sha, HEX)])


def entrenched_by_a_simple_vote(b):
    """The clause, and what was voted on it, as if it had been so from the beginning."""
    doc = "jsonb_build_object('clause', clause, 'title', title, 'text', body_text, 'entrenched', true)"
    sha = b.one("SELECT sha256::text FROM governance.bylaw_version WHERE clause = '2'")
    return Fault(["governance.bylaw_version"], [f"UPDATE governance.bylaw_version SET entrenched = true, sha256 = encode(sha256(convert_to(log.canonical({doc}), 'UTF8')), 'hex') WHERE clause = '2'"],
                 [told("GOV-A2", "bylaw", "2 1", "type of vote", "entrenched", "bylaw"), told("GOV-A2", "bylaw", "2 1", "text", sha, HEX), told("T2", "rule", "bylaw:2", "hash", HEX, sha)])


def board_decides_for_members(b):
    """Behind the end of the bootstrap clause."""
    policy = b.made.policy
    return Fault(["governance.proposal"], [f"UPDATE governance.proposal SET rule_type = 'board_decision' WHERE id = '{policy}'"],
                 [on("GOV-A2", policy, "decided by", "policy", "board_decision"), on("GOV-F1", policy, "rule row in force", re.compile("board_decision 1 .*"), re.compile("board_decision 1 .*"))])


def bootstrap_ended_early(b):
    assert b.made
    return Fault(["governance.bootstrap_end"], ["UPDATE governance.bootstrap_end SET counts = jsonb_set(counts, '{W}', '1')"],
                 [told("GOV-A2", "bootstrap", "end", "members of class W", "at least 3", "1")])


def prohibition_gone(b):
    ident = b.one("SELECT id::text FROM governance.prohibition WHERE purpose = 'X'")
    return Fault(["governance.prohibition"], [f"DELETE FROM governance.prohibition WHERE id = '{ident}'"],
                 [told("GOV-A2", "prohibition", "X", "charter", "prohibited from the founding on", "none"), told("T2", "prohibition", ident, "object", "an object", "none")])


FAULTS = [
    struck_off_the_roll, two_exchanged_their_classes, stranger_on_the_roll_of_one_class,
    named_vote_lost, two_named_votes_exchanged, mark_taken_away, sealed_ballot_lost, opened_to_another_choice,
    tally_rewritten, refusal_called_a_success, tally_lost, another_seed, ranking_changed, winners_in_another_order, other_project_selected, award_raised,
    quorum_lowered_afterwards, text_changed_behind_the_vote, closed_early, move_taken_out_of_the_history,
    loser_is_seated, office_for_longer, office_of_nobody, recalled_by_nothing, expelled_by_nobody, key_of_the_author,
    licensed_without_a_vote, history_invented, asset_struck_off, passed_on_to_another, guard_taken_off, event_trigger_dropped, domain_with_sold,
    floor_lowered, clause_rewritten, entrenched_by_a_simple_vote, board_decides_for_members, bootstrap_ended_early, prohibition_gone]


def prove(base, number, fault):
    books = base.copy(f"governance_fault_{number}")
    books.made = base.made
    try:
        return is_told(books, fault)
    finally:
        books.drop()


@pytest.fixture(scope="module")
def proofs(request, base):
    """{name of a fault: the checks that it fired, some time}: of those that were asked for, some at once."""
    asked = [item.callspec.params["fault"] for item in request.session.items if getattr(item, "originalname", "") == "test_a_fault_is_told" and item.module is request.module]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        yield {fault.__name__: pool.submit(prove, base, number, fault) for number, fault in enumerate(asked)}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_a_fault_is_told(proofs, fault):
    proofs[fault.__name__].result()


def test_every_check_fired(proofs):
    fired = {name: proof.result() if proof.exception() is None else ["FAILED"] for name, proof in proofs.items()}
    all_fired(fired, FAULTS, CHECKS, {"FAILED", "G2", "T2"})
