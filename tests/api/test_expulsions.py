# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expulsions: who proposes them, the hearing before the vote, who is not on the roll, whose class must agree, what follows, and that nothing else expels."""
import json
import subprocess

import psycopg2
import pytest

from expelling import draft, hear, hold, put_to_vote, seat_panel, zulu
from sealing import CLASS_OF, Vote, row, seal, secret_trust, verify
from stack import BIN, eventually
from trust import GOV

PANEL, ACCUSED = "lin", "mo"  # both workers


@pytest.fixture(scope="module")
def trust(stack):
    rules = [row("expulsion", proposers=["conduct"], sponsors_min=0, board_mode="unlinked", s_num=2, s_den=3, s_strict=False, must_carry_subject=True),
             row("policy")]
    made = secret_trust(stack, rules)
    seat_panel(made, PANEL)
    yield made
    stack.release(made)


def refused(answer, status, outcome):
    assert (answer.status, answer.outcome) == (status, outcome), answer.raw


def submit(trust, who, proposal):
    return trust[who].send("POST", f"{GOV}/proposals/{proposal}/submit")


def get(client, proposal):
    return client.send("GET", f"{GOV}/proposals/{proposal}")


# ---- before the vote ----

def test_who_is_heard_first(trust):
    proposal = draft(trust, PANEL, "gil")
    refused(get(trust["gil"], proposal), 404, "not_found")  # not called yet
    refused(submit(trust, PANEL, proposal), 409, "not_allowed_here")
    refused(hear(trust, PANEL, proposal, held_at=zulu(-60)), 409, "not_allowed_here")  # a record without a call
    refused(hear(trust, PANEL, proposal), 422, "invalid")  # no time
    refused(hear(trust, "ada", proposal, held_at=zulu(60)), 404, "not_found")
    refused(trust.public.send("POST", f"{GOV}/proposals/{proposal}/hear", {"text": "x"}), 401, "not_signed_in")
    assert hear(trust, PANEL, proposal, "Come on Monday.", held_at=zulu(600)).outcome == "created"
    told = trust.sql("SELECT payload -> 'body' ->> 'proposal_id' FROM log.outbox WHERE topic = 'notice' AND payload ->> 'kind' = 'hearing' AND payload ->> 'member' = %s", trust["gil"].subject)
    assert told == [(proposal,)]
    refused(hear(trust, PANEL, proposal, held_at=zulu(-60)), 409, "not_allowed_here")  # its time has not come
    refused(hear(trust, "gil", proposal, held_at=zulu(60)), 422, "invalid")
    seen = hear(trust, "gil", proposal, "It was not me.").json
    assert [(one["kind"], one["text"]) for one in seen["hearing"]] == [("call", "Come on Monday."), ("answer", "It was not me.")]
    refused(submit(trust, PANEL, proposal), 409, "not_allowed_here")
    assert trust[PANEL].send("POST", f"{GOV}/proposals/{proposal}/withdraw").status == 200
    refused(hear(trust, "gil", proposal, "Thank you."), 409, "not_allowed_here")


def test_a_call_is_repeated_by_its_key(trust):
    proposal = draft(trust, PANEL, "gil")
    body, key = {"text": "Come.", "held_at": zulu(600)}, {"Idempotency-Key": "call-1"}
    first, again = (trust[PANEL].send("POST", f"{GOV}/proposals/{proposal}/hear", body, headers=key) for _ in range(2))
    assert (first.status, again.status) == (201, 201) and len(again.json["hearing"]) == 1
    refused(trust[PANEL].send("POST", f"{GOV}/proposals/{proposal}/hear", {**body, "text": "Else."}, headers=key), 409, "idempotency_conflict")


def test_a_hearing_is_of_one_person(trust):
    """A draft that comes to name somebody else begins anew."""
    proposal = draft(trust, PANEL, "gil")
    hold(trust, PANEL, proposal)
    changed = {"type": "expulsion", "title": "An expulsion", "text": "What was done.", "effect": {"schema": "expulsion", "member_id": trust["hal"].subject}}
    assert trust[PANEL].send("PUT", f"{GOV}/proposals/{proposal}", changed, headers={"If-Match": '"1"'}).status == 200
    refused(submit(trust, PANEL, proposal), 409, "not_allowed_here")
    refused(get(trust["gil"], proposal), 404, "not_found")


@pytest.mark.parametrize("effect", [{"member_id": "00000000-0000-7000-8000-000000000001"}, {}, {"member_id": "gil"}, {"member_id": None}])
def test_whom_nobody_knows(trust, effect):
    answer = trust[PANEL].send("POST", f"{GOV}/proposals", {"type": "expulsion", "title": "An expulsion", "text": "x", "effect": {"schema": "expulsion", **effect}})
    if answer.status == 201:
        answer = submit(trust, PANEL, answer["id"])
        assert answer.status in (409, 422), answer.raw
    else:
        refused(answer, 422, "invalid")


def test_only_the_panel_proposes(trust):
    proposal = draft(trust, "ada", "gil")
    refused(submit(trust, "ada", proposal), 403, "forbidden")


# ---- the vote ----

class Expulsion(Vote):
    def __init__(self, trust, accused):
        self.trust, self.keys, self.records = trust, {}, {}
        self.id = put_to_vote(trust, PANEL, accused)
        self.path = f"{GOV}/proposals/{self.id}"


def cast_all(vote, accused, against=()):
    for name in CLASS_OF:
        if name != accused:
            vote.cast(name, "no" if name in against else "yes")


def test_the_class_of_the_accused_must_agree(trust):
    """By two thirds of all others it would carry; the class of the accused does not."""
    vote = Expulsion(trust, "ida")
    assert vote.read()["rule"]["must_carry"] == 2 and vote.read()["rule"]["must_carry_subject"] is True
    vote.open()
    assert vote.read()["roll"]["counts"]["W"] == 6
    refused(trust["ida"].send("POST", f"{vote.path}/cast-ballot", json.loads(vote.seal("ida", "no"))), 403, "not_on_roll")
    cast_all(vote, "ida", against=("ben", "tess", "stan"))
    vote.close("U", "C")
    found = vote.state("rejected")
    assert found["tally"]["outcome"]["outcome"] == "class_blocked" and found["tally"]["outcome"]["class"] == "W", found["tally"]
    assert trust["ida"].get(f"{GOV}/members/self")["standing"] == "active"
    text = vote.bundle()
    code, lines = verify(text)
    assert code == 0 and lines[-1] == "outcome class_blocked", lines
    forged = json.loads(text)
    forged["proposal"]["rule"]["must_carry"] = 0
    assert verify(seal.canonical(forged))[0] != 0


def test_what_an_expulsion_does(trust):
    vote = Expulsion(trust, ACCUSED)
    seen = {who: get(client, vote.id).json["hearing"] for who, client in (("public", trust.public), ("member", trust["eva"]), ("accused", trust[ACCUSED]))}
    assert seen["public"] is None and [one["kind"] for one in seen["member"]] == ["call", "record"] == [one["kind"] for one in seen["accused"]]
    vote.open()
    cast_all(vote, ACCUSED, against=("dee",))
    vote.close("W", "C").state("in_force")
    own = trust[ACCUSED].get(f"{GOV}/members/self").json
    assert own["standing"] == "expelled"
    offices = trust.sql("SELECT e.reason FROM governance.office AS o JOIN governance.office_end AS e ON e.office_id = o.id WHERE o.member_id = %s", trust[ACCUSED].subject)
    assert offices and set(offices) == {("left",)}  # the membership officer was one of them
    refused(trust[ACCUSED].send("POST", f"{GOV}/proposals", {"type": "policy", "title": "Back", "text": "x", "effect": {"schema": "policy_text", "text": "x"}}), 403, "forbidden")
    refused(trust[ACCUSED].send("POST", f"{GOV}/membership-applications", {"class": "W", "display_name": "Mo", "email": "mo@harbour-air.example"}), 409, "already_applied")
    assert trust[ACCUSED].get("/payout/v1/statements").status == 200 and trust[ACCUSED].get("/licensing/v1/consents").status == 200  # money and consents stay theirs
    opened = trust[ACCUSED].send("POST", f"{GOV}/appeals", {"kind": "expulsion", "subject": trust[ACCUSED].subject, "grounds": "It was not so."})
    assert opened.outcome == "opened"
    again = draft(trust, PANEL, ACCUSED)
    hold(trust, PANEL, again)
    refused(submit(trust, PANEL, again), 422, "invalid")  # no longer a member
    eventually("the log to have it", lambda: trust.sql("SELECT 1 FROM log.outbox WHERE payload ->> 'id' = %s", vote.id))


def test_the_auditor_says_the_same(trust):
    done = subprocess.run([BIN / "commonhold-audit", "--full", "--checks", "GOV-F1,GOV-R1,GOV-T1,GOV-O1", "--report", "json", "--source",
                           trust.database.replace("user=commonhold", "user=ch_audit")], capture_output=True, text=True, timeout=120, check=False)
    findings = json.loads(done.stdout)["findings"]
    assert len(findings) == 2 and {one["aspect"] for one in findings} == {"voting"}, "only that Vote.end() moved the clock: " + done.stdout


# ---- attacks ----

@pytest.mark.parametrize("attack", [
    "INSERT INTO governance.standing SELECT member_id, max(seq) + 1, 'expelled', clock_timestamp(), NULL, 'attack' FROM governance.standing WHERE member_id = '{eva}' GROUP BY 1",
    "UPDATE governance.hearing SET body_text = 'x'", "DELETE FROM governance.hearing", "TRUNCATE governance.hearing",
    "INSERT INTO governance.hearing SELECT proposal_id, n + 10, 'record', accused, accused, at, 'x', at FROM governance.hearing LIMIT 1"])
def test_nothing_else_expels(trust, attack):
    for mode in ("origin", "replica"):
        with pytest.raises(psycopg2.Error) as answer:
            trust.sql(f"SET session_replication_role = {mode}; SET ROLE ch_governance_owner; " + attack.format(eva=trust["eva"].subject))
        assert answer.value.pgcode in ("23514", "23001"), (mode, str(answer.value))
