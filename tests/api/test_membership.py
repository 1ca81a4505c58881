# SPDX-License-Identifier: AGPL-3.0-or-later
"""Class changes, dues and waivers, lapsing by the clock, suspension by officer and panel, erasure: what section 1 of governance says of members."""
import uuid

import pytest

from locking import CHARTER
from stack import eventually
from trust import GOV

HOUR = 3600
DUES = {"amount": {"minor": 1000, "currency": "EUR"}, "period_seconds": 10 * HOUR, "grace_seconds": HOUR}
NOBODY = str(uuid.uuid4())


@pytest.fixture(scope="module")
def trust(stack):
    board = [{**row, "voting_seconds": 30} if row["type"] == "board_decision" else row for row in CHARTER["rules"]]
    made = stack.trust(changes={"dues": DUES, "rules": board, "durations": {"class_change_interval_seconds": 1, "class_change_notice_seconds": 1}})
    eventually("the bootstrap clause to end", lambda: not made.public.get(f"{GOV}/charters/current").json["bootstrap"])
    for name in ("zoe", "yan"):
        made.join(name, "U", name.title(), "mo")
    yield made
    stack.release(made)


def path(trust, name, command):
    return f"{GOV}/members/{trust[name].subject if name in trust.people else name}/{command}"


def send(trust, who, name, command, body=None, **headers):
    return trust[who].send("POST", path(trust, name, command), {} if body is None else body, headers)


def refused(answer, status, slug):
    assert (answer.status, answer.json.get("type", "").rsplit("/", 1)[-1]) == (status, slug), answer.raw[:300]


def own(trust, name):
    return trust[name].get(f"{GOV}/members/self").json


def run_out(trust, name):
    """What is covered, and the grace behind it, was over a moment ago."""
    trust.sql("UPDATE governance.dues_watch SET at = clock_timestamp() WHERE member_id = %s", trust[name].subject)


# -- classes ---------------------------------------------------------------

def test_a_class_change_waits_for_its_notice_and_its_interval(trust):
    answer = send(trust, "zoe", "zoe", "change-class", {"class": "C"})
    assert answer.status == 200 and answer.headers["X-Commonhold-Outcome"] == "accepted" and own(trust, "zoe")["class"] == "U"
    assert send(trust, "zoe", "zoe", "change-class", {"class": "C"}).json == answer.json, "asked again while the notice runs"
    eventually("the notice to be over", lambda: own(trust, "zoe")["class"] == "C")
    refused(send(trust, "zoe", "zoe", "change-class", {"class": "C"}), 422, "invalid")
    eventually("the interval to be over", lambda: send(trust, "zoe", "zoe", "change-class", {"class": "U"}).status == 200)
    eventually("the second change", lambda: own(trust, "zoe")["class"] == "U")


def test_too_soon(trust):
    trust.unguarded("ALTER TABLE governance.charter DISABLE TRIGGER append_only",
                    "UPDATE governance.charter AS c SET doc = n.doc, canonical = log.canonical(n.doc), sha256 = governance.hash_text(log.canonical(n.doc)) FROM (SELECT jsonb_set(doc, "
                    "'{durations,class_change_interval_seconds}', '3600') AS doc FROM governance.charter) AS n", "ALTER TABLE governance.charter ENABLE ALWAYS TRIGGER append_only")
    refused(send(trust, "zoe", "zoe", "change-class", {"class": "W"}), 409, "too_soon")


def test_nobody_changes_class_during_a_vote(trust):
    proposal = trust.propose("ada", "policy", "A vote", "For now.", {"schema": "policy_text", "text": "Nothing."}, ["ben", "cem"])
    trust.wait_state(proposal, ["voting"])
    refused(send(trust, "yan", "yan", "change-class", {"class": "C"}), 409, "roll_open")
    refused(send(trust, "ada", "ada", "change-class", {"class": "C"}), 409, "roll_open")
    trust.wait_state(proposal, ["lapsed", "rejected", "cooling", "in_force"])
    refused(send(trust, "ada", "ada", "change-class", {"class": "C"}), 409, "incompatible")
    refused(send(trust, "yan", "zoe", "change-class", {"class": "C"}), 404, "not_found")
    refused(send(trust, "yan", "yan", "change-class", {"class": "X"}), 422, "invalid")


# -- dues --------------------------------------------------------------------

def test_who_does_not_pay_lapses_by_the_clock_and_who_pays_is_active_again(trust):
    assert own(trust, "yan")["eligible"] and own(trust, "yan")["dues_until"] is None, "grace runs from the admission"
    run_out(trust, "yan")
    eventually("yan to lapse", lambda: own(trust, "yan")["standing"] == "lapsed")
    assert own(trust, "yan")["ineligible"] == "not_active"
    refused(trust["yan"].send("POST", f"{GOV}/proposals", {"type": "policy", "title": "Mine", "text": "Mine.", "effect": {"schema": "policy_text", "text": "x"}}), 403, "forbidden")
    answer = send(trust, "mo", "yan", "record-dues", {"kind": "paid"})
    assert answer.headers["X-Commonhold-Outcome"] == "recorded" and own(trust, "yan")["standing"] == "active" and own(trust, "yan")["dues_until"] == answer.json["until"]
    history = trust.sql("SELECT standing FROM governance.standing WHERE member_id = %s ORDER BY seq", trust["yan"].subject)
    assert [s for s, in history][-3:] == ["active", "lapsed", "active"]
    assert trust.sql("SELECT w.at = d.until_at + interval '1 hour' FROM governance.dues_watch AS w JOIN governance.dues AS d USING (member_id) WHERE member_id = %s",
                     trust["yan"].subject) == [(True,)]


def test_a_waiver_counts_as_paid_and_nobody_else_sees_it(trust):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    waived = send(trust, "tess", "zoe", "record-dues", {"kind": "waived"}, **key)
    assert waived.status == 200 and send(trust, "tess", "zoe", "record-dues", {"kind": "waived"}, **key).json == waived.json
    refused(send(trust, "tess", "zoe", "record-dues", {"kind": "paid"}, **key), 409, "idempotency_conflict")
    assert set(waived.json) == set(send(trust, "tess", "yan", "record-dues", {"kind": "paid"}).json) and "waived" not in waived.raw.decode()
    assert own(trust, "zoe")["eligible"] and trust.sql("SELECT count(*) FROM governance.dues WHERE member_id = %s", trust["zoe"].subject) == [(1,)]
    refused(trust["yan"].send("GET", f"{GOV}/members/{trust['zoe'].subject}"), 404, "not_found")
    assert "waive" not in trust["mo"].get(f"{GOV}/members").raw.decode()
    for login in ("ch_portal", "ch_payout", "ch_licensing", "ch_governance"):
        assert trust.sql("SELECT has_table_privilege(%s, 'governance.dues', 'SELECT')", login) == [(False,)]


def test_who_records_dues_and_of_whom(trust):
    refused(send(trust, "yan", "yan", "record-dues", {"kind": "paid"}), 403, "forbidden")
    refused(trust.public.send("POST", path(trust, "yan", "record-dues"), {"kind": "paid"}), 401, "not_signed_in")
    refused(send(trust, "mo", NOBODY, "record-dues", {"kind": "paid"}), 404, "not_found")
    refused(send(trust, "mo", "yan", "record-dues", {"kind": "free"}), 422, "invalid")
    first, second = (send(trust, "mo", "yan", "record-dues", {"kind": "paid"}).json for _ in range(2))
    assert first["until"] == second["from"], "a period is put behind what is covered"


# -- suspension --------------------------------------------------------------

REASON = {"reason": "Disturbed every meeting."}


def test_the_officer_suspends_and_reinstates(trust):
    assert send(trust, "mo", "yan", "suspend", REASON).json == {"id": trust["yan"].subject, "standing": "suspended", "agreed": 1, "needed": 1}
    refused(send(trust, "mo", "yan", "suspend", REASON), 409, "not_allowed_here")
    assert own(trust, "yan")["standing"] == "suspended" and not own(trust, "yan")["eligible"]
    answer = send(trust, "mo", "yan", "reinstate", REASON)
    assert answer.headers["X-Commonhold-Outcome"] == "recorded" and own(trust, "yan")["standing"] == "active"
    refused(send(trust, "mo", "yan", "reinstate", REASON), 409, "not_allowed_here")


@pytest.mark.parametrize("command", ["suspend", "reinstate"])
def test_who_does_not(trust, command):
    for who in ("yan", "ada", "tess", "eva"):
        refused(send(trust, who, "zoe", command, REASON), 403, "forbidden")
    refused(send(trust, "mo", "mo", command, REASON), 403, "forbidden")
    refused(trust.public.send("POST", path(trust, "zoe", command), REASON), 401, "not_signed_in")
    refused(send(trust, "mo", NOBODY, command, REASON), 404, "not_found")
    refused(send(trust, "mo", "zoe", command), 422, "invalid")
    refused(send(trust, "mo", "zoe", command, {**REASON, "until": 1}), 422, "invalid")


def test_two_of_the_conduct_panel_agree(trust):
    """The board appoints a seat a class; one voice is not enough, twice the same one is not two, and what the panel did the officer does not undo."""
    panel = ("zoe", "lin", "cem")
    for name in panel:
        motion = trust.propose("ada", "board_decision", "The panel", "A seat.", {"schema": "appointment", "body": "conduct", "member_id": trust[name].subject}, [])
        trust.vote(motion, {founder: "yes" for founder in ("ada", "ben", "cem")})
    assert send(trust, "zoe", "yan", "suspend", REASON).json["standing"] == "active"
    assert send(trust, "zoe", "yan", "suspend", {"reason": "Again."}).json["agreed"] == 1
    assert send(trust, "lin", "yan", "suspend", REASON).json == {"id": trust["yan"].subject, "standing": "suspended", "agreed": 2, "needed": 2}
    refused(send(trust, "mo", "yan", "reinstate", REASON), 403, "forbidden")
    refused(send(trust, "zoe", "zoe", "suspend", REASON), 403, "forbidden")
    assert send(trust, "cem", "yan", "reinstate", REASON).json["standing"] == "suspended"
    assert send(trust, "lin", "yan", "reinstate", REASON).json["standing"] == "active"
    assert own(trust, "yan")["standing"] == "active"


# -- erasure -----------------------------------------------------------------

def rows_of_votes(trust):
    return [trust.sql(f"SELECT t.* FROM governance.{table} AS t ORDER BY 1, 2, 3") for table in ("tally", "roll", "roll_head", "named_vote", "ballot_log")]


def test_erasure_destroys_the_key_and_changes_no_result(trust):
    trust.join("xia", "C", "Xia Gone", "mo")
    proposal = trust.propose("ada", "policy", "A vote", "With Xia.", {"schema": "policy_text", "text": "Nothing."}, ["ben", "cem"])
    trust.vote(proposal, {name: "yes" for name in ("ada", "ben", "cem", "xia")})
    result, before, member = trust.proposal(proposal)["tally"], rows_of_votes(trust), trust["xia"].subject
    balances = trust.sql("SELECT * FROM payout.balance ORDER BY 1, 2")
    assert "Xia Gone" in trust["ada"].get(f"{GOV}/rolls/{proposal}").raw.decode()
    refused(send(trust, "ada", "xia", "erase"), 404, "not_found")
    erased = send(trust, "xia", "xia", "erase")
    assert erased.headers["X-Commonhold-Outcome"] == "accepted" and erased["standing"] == "left"
    assert trust.sql("SELECT wrapped_key, display_name, email, email_hash FROM governance.person WHERE member_id = %s", member) == [(None,) * 4]
    assert trust.proposal(proposal)["tally"] == result and rows_of_votes(trust) == before
    assert trust.sql("SELECT * FROM payout.balance ORDER BY 1, 2") == balances
    assert "Xia Gone" not in trust["ada"].get(f"{GOV}/rolls/{proposal}").raw.decode()
    assert trust.sql("SELECT governance.recount(%s)", proposal) == [("carried",)]
