# SPDX-License-Identifier: AGPL-3.0-or-later
"""Offices: who a seat may go to, who may not stand for one, what two thirds of the board are of, and what the founding board decides alone."""
import contextlib
import json

import psycopg2
import pytest

from deciding import EUR, FUND, Matter, Quiet
from granted import FREE, Granted
from sealing import CLASS_OF, LONG, MEMBERS, charter_changes, row
from stack import lifted

import seal  # sealing.py says where it is  # isort: skip

SEATS = 2
UNTIL = "2099-01-01T00:00:00Z"
PAID = {**FREE, "unit": {"minor": 100, "currency": EUR}}
WORDS = {"schema": "policy_text", "text": "Yes."}
LOCK = {"schema": "asset_succession", "ref": "pool-air", "successor": {
    "name": "Bay Air Trust", "country": "IE", "registration": "RCN 1", "asset_locked": True, "non_profit": True}}


@pytest.fixture(scope="module")
def quiet(stack):
    floors = {"readings": 2, "q_num": 1, "q_den": 3, "s_num": 2, "s_den": 3, "cs_num": 1, "cs_den": 2, "must_carry": 7, "classes_needed": 3, "discussion_seconds": LONG}
    made = Quiet(stack, [row("council_election", method="scottish-stv", proposers=["clock"], board_mode="unlinked", sponsors_min=1, discussion_seconds=LONG),
                         row("budget_round", method="knapsack", proposers=["treasurer"], sponsors_min=0, discussion_seconds=LONG),
                         row("succession", proposers=["board"], **floors)], charter_changes()["founders"])
    yield made
    made.close()


def council_election(quiet):
    return Matter(quiet, election=("council_election", "council_election:all", json.dumps(
        {"schema": "seats", "body": "council", "class": None, "seats": SEATS, "until": UNTIL})))


# ---- seats of an election ----

@pytest.fixture(scope="module")
def elected(quiet):
    """An election in force: names of the candidates in the order of their numbers, of whom the first two won."""
    matter = council_election(quiet)
    for name in ("ugo", "tess", "cleo"):
        matter.act(name, "stand_for_election", {})
        matter.act("ben", "nominate_candidate", {"member_id": quiet.ids[name]})
    matter.later().open()
    chosen = {"r": [1, 2]}
    for name in CLASS_OF:
        assert matter.cast(name, matter.seal(name, chosen)) == "cast"
    matter.later().reveal("W", "C")
    merged = [{"class": code, "choice": seal.pad(chosen, matter.size).decode(), "count": len(names)} for code, names in MEMBERS.items()]
    quiet.done("store_merged", matter.id, 1, merged, [], "0" * 64, [])
    matter.tally({"method": "scottish-stv", "winners": [1, 2], "valid": 17}).advance()
    assert matter.state == "in_force"
    name_of = {member: name for name, member in quiet.ids.items()}
    matter.names = [name_of[one["member_id"]] for one in matter.effect["candidates"]]
    return matter


def seated(quiet, matter, name, body="council", seat="1", code=None, until="now() - interval '1 day'"):
    """SQLSTATE of a row that gives this seat (in the past, when nobody had it), when the row of the vote's own time is not asked for; None: it would stand."""
    with contextlib.closing(psycopg2.connect(quiet.trust.database)) as connection, connection.cursor() as cursor:
        with lifted(cursor):
            cursor.execute("ALTER TABLE governance.office DISABLE TRIGGER enacted")
        try:
            cursor.execute("SET ROLE ch_governance_owner")
            cursor.execute(f"INSERT INTO governance.office (id, body, seat, class, member_id, from_at, until_at, proposal_id) "
                           f"VALUES (log.new_id(), %s, %s, %s, %s, now() - interval '2 days', {until}, %s)", (body, seat, code, quiet.ids[name], matter.id))
            return None
        except psycopg2.Error as error:
            return error.pgcode
        finally:
            connection.rollback()


def test_a_seat_is_for_whom_the_count_elected(quiet, elected):
    first, second, third = elected.names
    held = quiet.rows("SELECT member_id::text, seat FROM governance.office WHERE proposal_id = %s ORDER BY seat", elected.id)
    assert held == [(quiet.ids[first], "1"), (quiet.ids[second], "2")]
    assert seated(quiet, elected, first) is None and seated(quiet, elected, second, seat="2") is None
    wrong = [{"name": third}, {"name": "ada"}, {"name": first, "seat": "3"}, {"name": first, "body": "treasurer"}, {"name": first, "seat": "U1", "code": "U"},
             {"name": first, "body": "board", "seat": "U3", "code": "U"}]
    assert {json.dumps(one): seated(quiet, elected, **one) for one in wrong} == {json.dumps(one): "23514" for one in wrong}


# ---- who does not stand ----

@pytest.fixture(scope="module")
def world(stack):
    """A trust of its own: some of its guards are off, so that grants can be made at once."""
    made = Quiet(stack, [row("council_election", method="scottish-stv", proposers=["clock"], board_mode="unlinked", sponsors_min=1, discussion_seconds=LONG)])
    made.world = Granted(made.trust, stack)
    yield made
    made.world.connection.close()
    made.close()


@pytest.mark.parametrize("name, price, ended, outcome", [("mo", FREE, False, "nominated"), ("lin", PAID, False, "incompatible"), ("cleo", PAID, True, "nominated")])
def test_staff_of_a_paying_licensee_does_not_stand_for_the_council(world, name, price, ended, outcome):
    """Nor is nominated; staff of one whose grant is free, or over, does and is."""
    organisation, signatory, _ = world.world.licensee("A firm")
    grant = world.world.grant(price=price, organisation=organisation)
    if ended:
        assert world.world.command(signatory, grant, "close")[0] == "ok"
    assert world.world.state(grant) == ("closed" if ended else "active")
    world.done("declare_affiliation", world.ids[name], None, world.ids[name], {"organisation_id": organisation})
    matter = council_election(world)
    assert world.call("nominate_candidate", world.ids["ben"], matter.id, {"member_id": world.ids[name]})[0] == outcome
    assert world.call("stand_for_election", world.ids[name], matter.id, {})[0] == outcome


# ---- the board ----

def decide(quiet, effect, *names, kind="board_decision", author="ada"):
    """A decision of the board on which these say yes and nobody else votes, in force."""
    matter = Matter(quiet, kind, effect, author).submit().advance()
    if matter.state == "discussion":
        matter.later().advance()
    for name in names:
        matter.act(name, "cast_named_vote", {"choice": "yes"})
    if matter.state == "voting":
        quiet.rewrite("proposal", "guard", f"closes_at = LEAST(closes_at, clock_timestamp()) WHERE id = '{matter.id}'")
    matter.advance().tally().advance()
    assert matter.state == "in_force", matter.row("state, held")
    return matter


def test_two_thirds_are_of_the_seats_that_are_held(quiet):
    """A holder who cannot vote makes them no smaller; what is put forward by a smaller part of the board is not submitted."""
    draft = Matter(quiet, "succession", LOCK)
    for name in ("ben", "cem"):
        quiet.one("SELECT governance.write_standing(%s, 'suspended', NULL, 'a test')", quiet.ids[name])
    decide(quiet, {**WORDS, "drafts": [draft.id]}, "ada")
    outcome, body = quiet.call("submit_proposal", quiet.ids["ada"], draft.id)
    assert (outcome, body["errors"][0]["pointer"]) == ("invalid", "/type") and "two thirds of its seats" in body["errors"][0]["detail"]
    for name in ("ben", "cem"):
        quiet.one("SELECT governance.write_standing(%s, 'active', NULL, 'a test')", quiet.ids[name])
    decide(quiet, {**WORDS, "drafts": [draft.id]}, "ada", "ben")
    assert draft.submit().state in ("submitted", "discussion")


@contextlib.contextmanager
def bootstrap(quiet):
    """The bootstrap clause runs as if it had not ended."""
    quiet.trust.unguarded("ALTER TABLE governance.bootstrap_end DISABLE TRIGGER append_only", "DELETE FROM governance.bootstrap_end",
                          "ALTER TABLE governance.bootstrap_end ENABLE ALWAYS TRIGGER append_only")
    yield
    quiet.one("INSERT INTO governance.bootstrap_end (ended_at, counts) VALUES (now(), '{}') RETURNING true")


def test_the_founding_board_decides_on_a_budget_round(quiet):
    """With yes or no; nobody has ranked the projects then, and the pot pays for the cheapest first."""
    projects = {}
    for cost in (600, 500, 400):
        project = projects[cost] = quiet.done("create_project", quiet.ids["ada"], None, {"title": "A bench", "text": "To sit on."})["id"]
        quiet.done("cost_project", quiet.ids["tess"], project, {"cost": {"minor": cost, "currency": EUR}})
        for name in ("gil", "hal", "eva", "ada"):
            quiet.done("sponsor_project", quiet.ids[name], project)
    effect = {"schema": "budget_awards", "pot": {"minor": 1000, "currency": EUR}, "account": FUND}
    with bootstrap(quiet):
        ours = Matter(quiet, "budget_round", effect, "tess")
        assert quiet.call("submit_proposal", quiet.ids["tess"], ours.id)[0] == "bootstrap"
        found = decide(quiet, effect, "ada", "ben", "cem", kind="budget_round")
        assert quiet.call("create_proposal", quiet.ids["ada"], None, {"type": "bylaw", "title": "No", "text": "No.", "effect": {}})[0] == "bootstrap"
    assert found.row("rule_type, rule ->> 'method', named") == ("board_decision", "rule", True)
    awards = quiet.rows("SELECT project_id::text, minor FROM governance.budget_award WHERE proposal_id = %s ORDER BY minor", found.id)
    assert awards == [(projects[400], 400), (projects[500], 500)]
    assert quiet.rows("SELECT state FROM governance.project_now WHERE id = %s", projects[600]) == [("not_selected",)]
