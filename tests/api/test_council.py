# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases of the ethics council: conditions, conflicts, silence, what is public when, who may not vote; then races between last votes
and between a vote and the deadline, and attacks on votes as every role."""
import contextlib
import json
import os
import random
import threading
import time
import uuid

import psycopg2
import pytest

from stack import DEADLINE, SANITIZED, eventually, together, wait_for

GOV, LIC = "/governance/v1", "/licensing/v1"
COUNCIL = ["eva", "fay", "gil", "hal", "ida"]
BOARD = ["ada", "ben", "cem"]
ROUNDS = int(os.environ.get("CH_ROUNDS", "60"))
YES = {"choice": "yes", "reason_code": "safeguards", "reason_text": "The safeguards hold."}
NO = {"choice": "no", "reason_code": "harm", "reason_text": "It harms a group."}


@pytest.fixture(scope="module")
def trust(stack):
    made = stack.grown_up(council_case_seconds=600)
    yield made
    stack.release(made)


@pytest.fixture(scope="module")
def swift(stack):
    """A trust whose cases last a few seconds."""
    made = stack.trust({"durations": {"council_case_seconds": 12 if SANITIZED else 3}})
    yield made
    stack.release(made)


def organisation(trust):
    """The id of a fresh organisation nobody acts for."""
    name = "o" + uuid.uuid4().hex[:10]
    body = {"name": name, "country": "IE", "class": "university", "person": name, "email": f"{name}@{name}.example"}
    return trust.public.post(f"{LIC}/organisations", body).json["id"]


def sanction_case(trust, by="lin", **more):
    """A case about a sanction: (case id, organisation)."""
    against = organisation(trust)
    made = trust[by].post(f"{GOV}/sanctions", {"organisation_id": against, "reason": "It sold what it had licensed.", **more}).json
    return made["case_id"], against


def vote(trust, name, case, body=None, **more):
    return trust[name].send("POST", f"{GOV}/council-cases/{case}/vote", {**(body or YES), **more})


def refused(answer, slug, status=None):
    assert answer.status >= 400 and answer.json["type"].endswith("/" + slug), answer.raw
    assert status is None or answer.status == status, answer.raw
    return answer.json


def case_of(trust, case, who="eva"):
    return trust[who].get(f"{GOV}/council-cases/{case}").json


def public_case(trust, case):
    return trust.public.get(f"{GOV}/council-cases/{case}").json


# ---- quorum, majority, what is public ----

@pytest.mark.parametrize("votes, approved", [
    ("yyyyy", True), ("yynnn", False), ("yyynn", True), ("ynnnn", False), ("nnnnn", False)])
def test_majority_of_five(trust, votes, approved):
    case, _ = sanction_case(trust)
    for name, choice in zip(COUNCIL, votes):
        assert vote(trust, name, case, YES if choice == "y" else NO).status == 200
    decided = public_case(trust, case)
    assert (decided["state"], decided["approved"], decided["decided_by"]) == ("decided", approved, "council")
    assert [v["vote"] for v in decided["votes"]] == ["yes" if c == "y" else "no" for c in votes]
    assert {v["display_name"] for v in decided["votes"]} == {"Eva Lund", "Fay Osei", "Gil Pane", "Hal Quist", "Ida Rhys"}
    assert all(v["code"] and v["text"] for v in decided["votes"])


def test_two_conflicts_leave_three_and_one_yes_is_not_enough(trust):
    case, _ = sanction_case(trust)
    for name in COUNCIL[3:]:
        trust[name].post(f"{GOV}/council-cases/{case}/declare-conflict", {"reason": "I worked there."})
    shown = public_case(trust, case)
    assert shown["conflicts"] == [{"body": "council", "seat": "4", "reason": "I worked there."}, {"body": "council", "seat": "5", "reason": "I worked there."}]
    assert shown["decided_by"] == "council"  # three seats are left
    for name, body in zip(COUNCIL, (YES, YES, NO)):
        vote(trust, name, case, body)
    assert public_case(trust, case)["approved"] is True


def test_three_conflicts_hand_the_case_to_the_board(trust):
    case, _ = sanction_case(trust)
    for name in COUNCIL[2:]:
        trust[name].post(f"{GOV}/council-cases/{case}/declare-conflict", {"reason": "I worked there."})
    assert public_case(trust, case)["decided_by"] == "board"
    refused(vote(trust, "eva", case), "forbidden", 403)
    for name in BOARD:
        assert vote(trust, name, case).status == 200
    decided = public_case(trust, case)
    assert decided["approved"] is True and {(v["body"], v["seat"]) for v in decided["votes"]} == {("board", s) for s in ("U1", "W1", "C1")}


def test_nothing_of_a_vote_shows_before_the_close(trust):
    case, _ = sanction_case(trust)
    before = public_case(trust, case)
    assert not {"voted", "seats", "body", "my_vote"} & set(before)
    vote(trust, "eva", case, NO, reason_text="What only this vote says.")
    vote(trust, "fay", case, YES)
    assert public_case(trust, case) == before  # to the last byte
    inside = case_of(trust, case, "gil")
    assert inside["voted"] == 2 and inside["seats"] == 5 and inside["votes"] is None and inside["my_vote"] is None
    # As many answers as members look the same whatever was voted; only ones own vote shows.
    assert {k: v for k, v in case_of(trust, case, "hal").items()} == inside
    assert case_of(trust, case, "eva")["my_vote"] == "no"
    assert "What only" not in trust.public.get(f"{GOV}/council-decisions?limit=100").raw.decode()
    assert trust.sql("SELECT reasons FROM governance.council_decision WHERE case_id = %s", case) == [(None,)]
    refused(trust["tess"].send("GET", f"{GOV}/council-cases"), "forbidden", 403)
    assert case not in [i["id"] for i in trust.public.get(f"{GOV}/council-decisions?limit=100").json["items"]]


def test_reasons_are_from_the_list(trust):
    case, _ = sanction_case(trust)
    for code in ("", "because", "HARM", "harm "):
        assert [e["pointer"] for e in refused(vote(trust, "eva", case, reason_code=code), "invalid", 422)["errors"]] == ["/reason_code"]
    assert [e["pointer"] for e in refused(vote(trust, "eva", case, reason_text=" "), "invalid", 422)["errors"]] == ["/reason_text"]
    assert vote(trust, "eva", case, reason_code="reidentification").status == 200


def test_who_may_not_vote(trust):
    case, _ = sanction_case(trust)
    for name in ("ada", "lin", "tess"):
        refused(vote(trust, name, case), "forbidden", 403)
    refused(trust.public.send("POST", f"{GOV}/council-cases/{case}/vote", YES), "not_signed_in", 401)
    refused(vote(trust, "eva", str(uuid.uuid4())), "not_found", 404)
    assert vote(trust, "eva", case).status == 200
    assert vote(trust, "eva", case).status == 200  # the same again
    refused(vote(trust, "eva", case, NO), "not_allowed_here", 409)
    refused(trust["eva"].send("POST", f"{GOV}/council-cases/{case}/declare-conflict", {"reason": "late"}), "not_allowed_here", 409)
    trust["fay"].post(f"{GOV}/council-cases/{case}/declare-conflict", {"reason": "my sister"})
    refused(vote(trust, "fay", case), "conflicted", 409)
    for name in COUNCIL[2:]:
        vote(trust, name, case)
    refused(vote(trust, "gil", case, NO), "case_closed", 409)
    assert public_case(trust, case)["approved"] is True


def test_staff_of_the_organisation_does_not_vote(trust):
    case, against = sanction_case(trust)
    refused(trust["ada"].send("POST", f"{GOV}/members/{member(trust, 'eva')}/affiliations", {"organisation_id": against}), "forbidden", 403)
    refused(trust["eva"].send("POST", f"{GOV}/members/{member(trust, 'eva')}/affiliations", {"organisation_id": str(uuid.uuid4())}), "invalid", 422)
    made = trust["eva"].post(f"{GOV}/members/{member(trust, 'eva')}/affiliations", {"organisation_id": against})
    assert made.status == 201
    refused(vote(trust, "eva", case), "conflicted", 409)
    assert public_case(trust, case)["conflicts"] == [{"body": "council", "seat": "1", "reason": "staff of the organisation"}]
    # A later case about the same organisation starts with the conflict; the officer ends it, nobody their own.
    later = trust["lin"].post(f"{GOV}/sanctions", {"organisation_id": against, "reason": "Again."})["case_id"]
    assert len(public_case(trust, later)["conflicts"]) == 1
    refused(trust["eva"].send("DELETE", f"{GOV}/affiliations/{made['id']}"), "forbidden", 403)
    assert trust["mo"].delete(f"{GOV}/affiliations/{made['id']}").status == 204
    refused(trust["mo"].send("DELETE", f"{GOV}/affiliations/{made['id']}"), "not_found", 404)
    assert trust["eva"].get(f"{GOV}/members/{member(trust, 'eva')}/affiliations").json["items"][0]["until"]
    refused(trust["ada"].send("GET", f"{GOV}/members/{member(trust, 'eva')}/affiliations"), "not_found", 404)


def member(trust, name):
    return next(i["member_id"] for i in trust.invites if i["ref"] == name)


# ---- conditions ----

def propose(trust, name, case, condition):
    return trust[name].send("POST", f"{GOV}/council-cases/{case}/propose-condition", {"condition": condition})


def test_conditions_item_by_item(trust):
    case, _ = sanction_case(trust)
    assert propose(trust, "eva", case, {"id": "k1", "text": "Ends after a year."}).status == 200
    assert propose(trust, "fay", case, {"id": "k2", "text": "Published with names."}).status == 200
    assert case_of(trust, case)["conditions"] == [{"id": "k1", "text": "Ends after a year."}, {"id": "k2", "text": "Published with names."}]
    assert public_case(trust, case)["conditions"] is None  # public at close
    for bad, pointer in (({"id": "k1", "text": "x"}, "/condition/id"), ({"id": "", "text": "x"}, "/condition/id"), ({"text": "x"}, "/condition/id"),
                         ({"id": "k3"}, "/condition/text"), ({"id": "k3", "text": "x", "max_days": 3}, "/condition/text")):
        assert pointer in [e["pointer"] for e in refused(propose(trust, "eva", case, bad), "invalid", 422)["errors"]]
    refused(propose(trust, "ada", case, {"id": "k3", "text": "x"}), "forbidden", 403)
    assert [e["pointer"] for e in refused(vote(trust, "eva", case, conditions=[True]), "invalid", 422)["errors"]] == ["/conditions"]
    vote(trust, "eva", case, conditions=[True, False])
    vote(trust, "fay", case, conditions=[True, True])
    # A third comes up after two have voted: they vote on it on its own.
    assert propose(trust, "gil", case, {"id": "k3", "text": "Reviewed every month."}).status == 200
    refused(propose(trust, "eva", case, {"id": "k4", "text": "too late"}), "not_allowed_here", 409)
    refused(trust["hal"].send("POST", f"{GOV}/council-cases/{case}/vote-condition", {"condition": "k3", "accept": True}), "not_allowed_here", 409)
    vote(trust, "gil", case, conditions=[False, False, True])
    vote(trust, "hal", case, conditions=[False, False, True])
    vote(trust, "ida", case, conditions=[True, True, False])
    assert public_case(trust, case)["state"] == "open"  # eva and fay have not said what they think of the third
    refused(trust["eva"].send("POST", f"{GOV}/council-cases/{case}/vote-condition", {"condition": "k9", "accept": True}), "invalid", 422)
    trust["eva"].post(f"{GOV}/council-cases/{case}/vote-condition", {"condition": "k3", "accept": False})
    refused(trust["eva"].send("POST", f"{GOV}/council-cases/{case}/vote-condition", {"condition": "k3", "accept": True}), "not_allowed_here", 409)
    trust["fay"].post(f"{GOV}/council-cases/{case}/vote-condition", {"condition": "k3", "accept": True})
    decided = public_case(trust, case)
    assert decided["approved"] and decided["kept_conditions"] == [{"id": "k1", "text": "Ends after a year."}, {"id": "k3", "text": "Reviewed every month."}]
    assert [v["conditions"] for v in decided["votes"]] == [[True, False, False], [True, True, True], [False, False, True], [False, False, True], [True, True, False]]
    assert trust.sql("SELECT conditions FROM governance.council_decision WHERE case_id = %s", case)[0][0] == decided["kept_conditions"]


def test_staff_votes_on_no_condition_either(trust):
    """Who has voted and then becomes staff of the organisation says no more in the case; the vote stands."""
    case, against = sanction_case(trust)
    vote(trust, "eva", case)
    assert propose(trust, "fay", case, {"id": "k1", "text": "Ends after a year."}).status == 200
    made = trust["eva"].post(f"{GOV}/members/{member(trust, 'eva')}/affiliations", {"organisation_id": against})
    said = {"condition": "k1", "accept": True}
    refused(trust["eva"].send("POST", f"{GOV}/council-cases/{case}/vote-condition", said), "incompatible", 409)
    assert trust["mo"].delete(f"{GOV}/affiliations/{made['id']}").status == 204
    assert trust["eva"].send("POST", f"{GOV}/council-cases/{case}/vote-condition", said).status == 200


def test_a_seat_proposes_five_conditions(trust):
    case, _ = sanction_case(trust)
    for i in range(5):
        assert propose(trust, "eva", case, {"id": f"k{i}", "text": "x"}).status == 200
    assert propose(trust, "eva", case, {"id": "k4", "text": "x"}).status == 200  # the same again
    refused(propose(trust, "eva", case, {"id": "k5", "text": "x"}), "not_allowed_here", 409)
    assert propose(trust, "fay", case, {"id": "k5", "text": "x"}).status == 200


# ---- deadlines ----

def test_silence_of_the_council_goes_to_the_board_and_its_silence_refuses(swift):
    case, _ = sanction_case(swift)
    vote(swift, "eva", case)
    vote(swift, "fay", case)
    eventually("the board to have the case", lambda: public_case(swift, case)["decided_by"] == "board")
    assert public_case(swift, case)["votes"] is None  # what the council voted is not public yet
    assert swift["ada"].get(f"{GOV}/council-cases?state=open&limit=100").json["items"]
    decided = eventually("the case to close", lambda: public_case(swift, case)["state"] == "decided" and public_case(swift, case))
    assert decided["approved"] is False and decided["kept_conditions"] == []
    assert {v["body"] for v in decided["votes"]} == {"council"}
    assert swift.sql("SELECT count(*) FROM governance.sanction_in_force AS s JOIN governance.sanction AS x USING (id) WHERE x.case_id = %s", case) == [(0,)]


def test_quorum_at_the_deadline_decides(swift):
    case, _ = sanction_case(swift)
    for name, body in zip(COUNCIL, (YES, YES, NO)):
        vote(swift, name, case, body)
    decided = eventually("the case to close", lambda: public_case(swift, case)["state"] == "decided" and public_case(swift, case))
    assert decided["approved"] is True and len(decided["votes"]) == 3
    refused(vote(swift, "hal", case), "case_closed", 409)


def test_case_notices(trust):
    case, _ = sanction_case(trust)
    vote(trust, "eva", case)

    def kinds(name):
        return {n["kind"] for n in trust[name].get(f"{GOV}/notices?limit=100").json["items"] if n["subject"] == f"case {case}"}
    assert kinds("fay") == {"case_opened"}
    # Three quarters of its 600 seconds are over: the guard lets the time of an open case move, its question not.
    trust.sql("UPDATE governance.council_case SET closes_at = clock_timestamp() + interval '120 seconds' WHERE id = %s", case)
    eventually("the reminder", lambda: "case_due" in kinds("fay"))
    assert "case_due" not in kinds("eva")  # has voted


def test_withdrawn_case_decides_nothing(trust):
    subject = str(uuid.uuid4())
    case = trust.sql("SELECT governance.open_council_case('application', %s, '{}')", subject)[0][0]
    vote(trust, "eva", case)
    trust.sql("SELECT governance.withdraw_case(%s, 'asked')", case)
    trust.sql("SELECT governance.withdraw_case(%s, 'again')", case)
    shown = public_case(trust, case)
    assert (shown["state"], shown["end_reason"], shown["votes"], shown["approved"]) == ("withdrawn", "asked", None, None)
    refused(vote(trust, "fay", case), "case_closed", 409)
    again = trust.sql("SELECT governance.open_council_case('application', %s, '{}')", subject)[0][0]
    assert again != case


def test_public_record_without_the_applicants_text(trust):
    body = json.dumps({"application": {"project": "Our secret project.", "organisation_id": str(uuid.uuid4())}})
    case = trust.sql("SELECT governance.open_council_case('application', %s, %s)", str(uuid.uuid4()), body)[0][0]
    assert "secret" in json.dumps(case_of(trust, case))
    for name in COUNCIL:
        vote(trust, name, case)
    assert "secret" not in trust.public.get(f"{GOV}/council-cases/{case}").raw.decode()
    assert "secret" not in trust.public.get(f"{GOV}/council-decisions?kind=application").raw.decode()
    leaves = trust.sql("SELECT payload -> 'body' FROM log.outbox WHERE topic = 'leaf' AND payload ->> 'type' = 'council_case' AND payload ->> 'id' = %s", case)
    assert leaves == [({"kind": "application", "decided_by": "council", "approved": True, "seats": 5, "yes": 5, "no": 0},)]


# ---- races, in SQL ----

@pytest.fixture(scope="module")
def quiet(stack):
    """A trust without a daemon: nothing moves but what a test does."""
    made = stack.trust({"durations": {"council_case_seconds": 600}}, start=False)
    yield made
    stack.release(made)


def open_case(cursor):
    cursor.execute("SELECT governance.open_council_case('application', log.new_id(), '{}')")
    return cursor.fetchone()[0]


def cast(cursor, who, case, body):
    cursor.execute("SELECT outcome FROM governance.vote_council_case(%s, %s, %s)", (who, case, json.dumps(body)))
    return cursor.fetchone()[0]


@contextlib.contextmanager
def cursors(trust, count):
    """Each of a session of its own, which commits by itself."""
    with contextlib.ExitStack() as open_:
        made = [open_.enter_context(contextlib.closing(psycopg2.connect(trust.database))) for _ in range(count)]
        for connection in made:
            connection.autocommit = True
        yield [connection.cursor() for connection in made]


def test_race_of_the_last_two_votes(quiet):
    members = [member(quiet, name) for name in COUNCIL]
    with cursors(quiet, 2) as (a, b):
        for turn in range(ROUNDS):
            case = open_case(a)
            for who in members[:3]:
                cast(a, who, case, (YES, NO)[turn % 2])
            answers = together(lambda: cast(a, members[3], case, YES), lambda: cast(b, members[4], case, YES))
            assert answers == ["recorded", "recorded"], (turn, answers)
            a.execute("SELECT state, approved, (SELECT count(choice) FROM governance.council_vote AS v WHERE v.case_id = c.id) FROM governance.council_case AS c WHERE id = %s", (case,))
            assert a.fetchone() == ("decided", turn % 2 == 0, 5), turn
            a.execute("SELECT count(*) FROM log.outbox WHERE payload ->> 'type' = 'council_case' AND payload ->> 'id' = %s", (case,))
            assert a.fetchone() == (1,), turn


def test_race_of_a_vote_against_the_close(quiet):
    """What was answered as recorded is counted, and nothing is written to a case that closed."""
    seed = int(os.environ.get("CH_SEED", random.SystemRandom().randrange(1 << 32)))
    print("seed", seed)
    draw, seen = random.Random(seed), set()
    members = [member(quiet, name) for name in COUNCIL]
    with cursors(quiet, 2) as (a, b):
        for turn in range(ROUNDS):
            case = open_case(a)
            for who, body in zip(members, (YES, YES, NO)):
                cast(a, who, case, body)
            a.execute("UPDATE governance.council_case SET closes_at = clock_timestamp() + %s * interval '1 microsecond' WHERE id = %s",
                      (draw.randrange(6000), case))

            def close():
                def decided():
                    b.execute("SELECT governance.settle_case(%s)", (case,))
                    b.execute("SELECT state FROM governance.council_case WHERE id = %s", (case,))
                    return b.fetchone()[0] == "decided"
                return wait_for("the case to close", decided, DEADLINE, 0)

            def late():
                time.sleep(draw.random() * 0.004)  # the race: anywhere around the deadline
                return cast(a, members[3], case, NO)
            answer = together(late, close)[0]
            seen.add(answer)
            a.execute("SELECT c.approved, v.choice, v.at < c.closes_at FROM governance.council_case AS c JOIN governance.council_vote AS v ON v.case_id = c.id AND v.seat = '4' WHERE c.id = %s", (case,))
            approved, choice, in_time = a.fetchone()
            if answer == "recorded":
                assert (approved, choice, in_time) == (False, "no", True), turn  # two to two is no approval
            else:
                assert (answer, approved, choice) == ("case_closed", True, None), (turn, answer)
    print("seen", seen)


@pytest.mark.parametrize("deed", ["governance.declare_conflict(%(who)s, %(case)s, '{\"reason\": \"Mine.\"}')",
                                  "governance.vote_council_case(%(who)s, %(case)s, '{}')", "governance.vote_condition(%(who)s, %(case)s, '{}')",
                                  "governance.propose_condition(%(who)s, %(case)s, '{}')", "governance.settle_case(%(case)s)"])
def test_a_referral_locks_its_proposal_first(quiet, deed):
    """Whoever acts in the case waits for the proposal and holds nothing of the case meanwhile: no two of them, and no clock, block each other."""
    with cursors(quiet, 2) as (a, b):
        a.execute("SELECT log.new_id()")
        proposal = a.fetchone()[0]
        a.execute("SELECT governance.open_council_case('referral', %s, '{}')", (proposal,))
        case = a.fetchone()[0]
        a.execute("BEGIN")
        a.execute("SELECT governance.lock_proposal(%s)", (proposal,))
        b.execute("SELECT pg_backend_pid()")
        pid = b.fetchone()[0]
        waiting = threading.Thread(target=lambda: b.execute(f"SELECT {deed}", {"who": member(quiet, "eva"), "case": case}))
        waiting.start()
        quiet.wait_sql("the other to wait", "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND pid = %s", pid)
        a.execute("SELECT FROM governance.council_case WHERE id = %s FOR UPDATE NOWAIT", (case,))
        a.execute("COMMIT")
        waiting.join()
        a.execute("SELECT governance.withdraw_case(%s, 'tried')", (case,))


def test_a_case_that_fails_holds_up_no_other(quiet):
    """Its decision cannot take effect: the clock says so once a minute, and goes on."""
    members = [member(quiet, name) for name in COUNCIL]
    with cursors(quiet, 1) as (a,):
        a.execute("SELECT governance.open_council_case('sanction', log.new_id(), '{\"lift\": \"nothing\"}')")
        broken, sound = a.fetchone()[0], open_case(a)
        for case in (broken, sound):
            for who in members[:3]:
                cast(a, who, case, YES)
            a.execute("UPDATE governance.council_case SET closes_at = clock_timestamp() WHERE id = %s", (case,))
        for _ in range(2):
            a.execute("SELECT governance.tick()")
        a.execute("SELECT id, state FROM governance.council_case WHERE id IN (%s, %s)", (broken, sound))
        assert dict(a.fetchall()) == {broken: "open", sound: "decided"}
        assert [f"governance.tick: case {broken}: " in notice for notice in a.connection.notices if broken in notice] == [True]
        a.execute("SELECT governance.withdraw_case(%s, 'tried')", (broken,))


# ---- attacks on what was voted ----

@pytest.mark.parametrize("attack, codes", [
    ("UPDATE governance.council_vote SET choice = 'no' WHERE choice = 'yes'", {"23001"}),
    ("UPDATE governance.council_vote SET conflict = NULL WHERE conflict IS NOT NULL", {"23001"}),
    ("UPDATE governance.council_vote SET member_id = (SELECT m.member_id FROM governance.member AS m LIMIT 1)", {"23001"}),
    ("DELETE FROM governance.council_vote", {"23001"}), ("TRUNCATE governance.council_vote CASCADE", {"23001"}),
    ("UPDATE governance.council_case SET approved = NOT approved WHERE state = 'decided'", {"23001"}),
    ("UPDATE governance.council_case SET state = 'decided', approved = true, decided_at = now(), kept_conditions = '[]' WHERE state = 'open'", {"23514"}),
    ("UPDATE governance.council_case SET state = 'open', ended_at = NULL, end_reason = NULL WHERE state = 'withdrawn'", {"23001"}),
    ("UPDATE governance.council_case SET conditions = '[{\"id\":\"x\"}]' WHERE state = 'open'", {"23001"}),
    ("UPDATE governance.condition_vote SET accept = NOT accept", {"23001"}), ("DELETE FROM governance.case_condition", {"23001"}),
    ("INSERT INTO governance.condition_vote SELECT k.case_id, k.body_name, '5', k.n, true, now() FROM governance.case_condition AS k JOIN governance.council_case AS c ON c.id = k.case_id WHERE c.state = 'decided' LIMIT 1", {"23514"}),
    ("INSERT INTO governance.case_condition SELECT v.case_id, 99, '{\"id\":\"x\"}', v.body_name, v.seat, now() FROM governance.council_vote AS v JOIN governance.council_case AS c ON c.id = v.case_id WHERE c.state = 'decided' LIMIT 1", {"23514"}),
])
def test_attack_guards_hold_against_the_owner(trust, attack, codes):
    for mode in ("origin", "replica"):
        with pytest.raises(psycopg2.Error) as answer:
            trust.sql(f"SET session_replication_role = {mode}; SET ROLE ch_governance_owner; {attack}")
        assert answer.value.pgcode in codes, (mode, answer.value.pgcode, str(answer.value))
