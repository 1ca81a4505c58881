# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sanctions from proposal to end: who proposes, what is refused, the case that confirms, the public list, lifting, what each change
screens again; and the board's orders about grants."""
import uuid

import pytest

from cycled import cycled
from stack import eventually

GOV, LIC = "/governance/v1", "/licensing/v1"
COUNCIL = ["eva", "fay", "gil", "hal", "ida"]
BOARD = ["ada", "ben", "cem"]
YES = {"choice": "yes", "reason_code": "harm", "reason_text": "It did harm."}


@pytest.fixture(scope="module")
def trust(stack):
    made = stack.grown_up(council_case_seconds=600)
    yield made
    stack.release(made)


@pytest.fixture
def against(trust):
    name = "o" + uuid.uuid4().hex[:10]
    body = {"name": name, "country": "IE", "class": "university", "person": name, "email": f"{name}@{name}.example"}
    return trust.public.post(f"{LIC}/organisations", body).json["id"]


def refused(answer, slug, *pointers):
    assert answer.status >= 400 and answer.json["type"].endswith("/" + slug), answer.raw
    assert not pointers or [e["pointer"] for e in answer.json["errors"]] == list(pointers), answer.raw


def sanction(trust, organisation, who="lin", **more):
    return trust[who].send("POST", f"{GOV}/sanctions", {"organisation_id": organisation, "reason": "It sold what it had licensed.", **more})


def council(trust, case, choice="yes"):
    for name in COUNCIL:
        trust[name].post(f"{GOV}/council-cases/{case}/vote", {**YES, "choice": choice})


def in_force(trust):
    return [s["id"] for s in trust.public.get(f"{GOV}/sanctions").json["items"]]


def one(trust, identifier):
    return trust.public.get(f"{GOV}/sanctions/{identifier}").json


def test_life_of_a_sanction(trust, against):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"organisation_id": against, "reason": "It sold what it had licensed.", "purpose": "RES"}
    made = trust["lin"].post(f"{GOV}/sanctions", body, headers=key)
    assert made.status == 201 and made["state"] == "proposed" and made["proposed_by"] == "licensing_officer"
    assert trust["lin"].post(f"{GOV}/sanctions", body, headers=key)["id"] == made["id"]
    refused(trust["lin"].send("POST", f"{GOV}/sanctions", {**body, "purpose": "COM"}, key), "idempotency_conflict")
    assert made["id"] not in in_force(trust)
    refused(trust["lin"].send("POST", f"{GOV}/sanctions/{made['id']}/lift", {"reason": "x"}), "not_allowed_here")
    council(trust, made["case_id"])
    assert made["id"] in in_force(trust) and one(trust, made["id"])["state"] == "in_force"
    leaf = trust.sql("SELECT payload -> 'body' FROM log.outbox WHERE topic = 'leaf' AND payload ->> 'type' = 'sanction' AND payload ->> 'id' = %s", made["id"])
    assert leaf == [({"event": "confirmed", "case": made["case_id"]},)]
    # Lifted early in the same way: proposed, refused once, confirmed.
    for name in ("ada", "tess"):
        refused(trust[name].send("POST", f"{GOV}/sanctions/{made['id']}/lift", {"reason": "x"}), "forbidden")
    refused(trust["lin"].send("POST", f"{GOV}/sanctions/{uuid.uuid4()}/lift", {"reason": "x"}), "not_found")
    first = trust["eva"].post(f"{GOV}/sanctions/{made['id']}/lift", {"reason": "It has changed."}).json["lifts"][0]
    refused(trust["lin"].send("POST", f"{GOV}/sanctions/{made['id']}/lift", {"reason": "Me too."}), "not_allowed_here")
    council(trust, first["case_id"], "no")
    assert one(trust, made["id"])["state"] == "in_force"
    second = trust["lin"].post(f"{GOV}/sanctions/{made['id']}/lift", {"reason": "It has changed."}).json["lifts"][1]
    council(trust, second["case_id"])
    assert one(trust, made["id"])["state"] == "lifted" and made["id"] not in in_force(trust)
    assert [lift["state"] for lift in one(trust, made["id"])["lifts"]] == ["refused", "lifted"]
    assert trust.sql("SELECT array_agg(event ORDER BY at) FROM governance.sanction_screening WHERE sanction_id = %s", made["id"]) == [(["began", "ended"],)]


def test_refused_by_the_council(trust, against):
    made = sanction(trust, against, "eva")
    assert made["proposed_by"] == "council"
    council(trust, made["case_id"], "no")
    assert one(trust, made["id"])["state"] == "refused" and made["id"] not in in_force(trust)
    assert trust.sql("SELECT count(*) FROM governance.sanction_screening WHERE sanction_id = %s", made["id"]) == [(0,)]


def test_what_is_refused(trust, against):
    refused(sanction(trust, against, "ada"), "forbidden")  # the board acts by decision
    refused(sanction(trust, against, "tess"), "forbidden")
    refused(trust.public.send("POST", f"{GOV}/sanctions", {"organisation_id": against, "reason": "x"}), "not_signed_in")
    refused(sanction(trust, str(uuid.uuid4())), "invalid", "/organisation_id")
    refused(sanction(trust, against, purpose="NO.SUCH"), "invalid", "/purpose")
    refused(sanction(trust, against, pool="nopool"), "invalid", "/pool")
    refused(sanction(trust, against, until="2020-01-01T00:00:00Z"), "invalid", "/until")
    refused(sanction(trust, against, **{"from": "2090-01-01T00:00:00Z", "until": "2089-01-01T00:00:00Z"}), "invalid", "/until")
    refused(sanction(trust, against, person_id=str(uuid.uuid4())), "invalid")
    refused(trust["lin"].send("POST", f"{GOV}/sanctions", {"person_id": str(uuid.uuid4()), "reason": "x"}), "invalid", "/person_id")
    refused(trust.public.send("GET", f"{GOV}/sanctions/{uuid.uuid4()}"), "not_found")
    refused(trust.public.send("GET", f"{GOV}/sanctions/none"), "not_found")


def test_persons_are_not_named(trust):
    member = next(i["member_id"] for i in trust.invites if i["ref"] == "mo")
    made = trust["lin"].post(f"{GOV}/sanctions", {"person_id": member, "reason": "Broke the rules of the archive.", "pool": "air"}).json
    council(trust, made["case_id"])
    assert one(trust, made["id"])["against"] == "person" and member not in trust.public.get(f"{GOV}/sanctions/{made['id']}").raw.decode()
    assert made["id"] in in_force(trust) and member not in trust.public.get(f"{GOV}/sanctions").raw.decode()


def test_times_and_what_they_screen(trust, against):
    """Confirmed for later: it begins, and ends, by the clock; each change screens once."""
    later = trust.sql("SELECT log.time_text(clock_timestamp() + interval '3 seconds'), log.time_text(clock_timestamp() + interval '5 seconds')")[0]
    made = sanction(trust, against, **{"from": later[0], "until": later[1]})
    council(trust, made["case_id"])
    assert one(trust, made["id"])["state"] in ("confirmed", "in_force")
    eventually("it to begin", lambda: trust.sql("SELECT 1 FROM governance.sanction_screening WHERE sanction_id = %s AND event = 'began'", made["id"]))
    eventually("it to end", lambda: trust.sql("SELECT 1 FROM governance.sanction_screening WHERE sanction_id = %s AND event = 'ended'", made["id"]))
    assert one(trust, made["id"])["state"] == "over" and made["id"] not in in_force(trust)


def decide(trust, effect, kind="board_decision"):
    proposal = trust.propose("ada", kind, "A decision", "Because.", effect, [])
    return proposal


def test_board_decision_proposes_and_lifts(trust, against):
    proposal = decide(trust, {"schema": "sanction", "organisation_id": against, "reason": "It sold."})
    trust.vote(proposal, {name: "yes" for name in BOARD})
    made = trust.sql("SELECT id::text, case_id::text FROM governance.sanction WHERE proposal_id = %s", proposal)[0]
    assert one(trust, made[0])["proposed_by"] == "board"
    council(trust, made[1])
    assert made[0] in in_force(trust)
    lift = decide(trust, {"schema": "sanction", "lift": made[0], "reason": "It stopped."})
    trust.vote(lift, {name: "yes" for name in BOARD})
    assert made[0] in in_force(trust)  # the council confirms first
    council(trust, one(trust, made[0])["lifts"][0]["case_id"])
    assert made[0] not in in_force(trust)


def draft(trust, effect, kind="board_decision"):
    return trust["ada"].send("POST", f"{GOV}/proposals", {"type": kind, "title": "Orders", "text": "Because.", "effect": effect})


ORDERS = "/effect/grant_orders"


@pytest.mark.parametrize("order, pointer", [
    ({"grant": "x", "act": "suspend", "cause": "c"}, f"{ORDERS}/0/grant"), ({"act": "suspend", "cause": "c"}, f"{ORDERS}/0/grant"),
    ({"grant": str(uuid.uuid4()), "act": "end", "cause": "c"}, f"{ORDERS}/0/act"),
    ({"grant": str(uuid.uuid4()), "act": "revoke", "cause": ""}, f"{ORDERS}/0/cause"),
    ({"grant": str(uuid.uuid4()), "act": "revoke", "cause": "x" * 501}, f"{ORDERS}/0/cause"),
    ({"grant": str(uuid.uuid4()), "act": "revoke", "cause": "c", "more": 1}, f"{ORDERS}/0/more")])
def test_order_of_another_form(trust, order, pointer):
    refused(draft(trust, {"schema": "policy_text", "text": "We order.", "grant_orders": [order]}), "invalid", pointer)


def test_lift_names_nothing_else(trust, against):
    refused(draft(trust, {"schema": "sanction", "lift": str(uuid.uuid4()), "reason": "x", "organisation_id": against}), "invalid", "/effect/organisation_id")
    unknown = draft(trust, {"schema": "sanction", "lift": str(uuid.uuid4()), "reason": "x"})
    refused(trust["ada"].send("POST", f"{GOV}/proposals/{unknown['id']}/submit", {}), "invalid", "/effect/lift")


def test_orders_of_the_board(trust, against):
    missing = draft(trust, {"schema": "policy_text", "text": "We order.", "grant_orders": [{"grant": str(uuid.uuid4()), "act": "suspend", "cause": "c"}]})
    refused(trust["ada"].send("POST", f"{GOV}/proposals/{missing['id']}/submit", {}), "invalid", f"{ORDERS}/0/grant")
    policy = draft(trust, {"schema": "policy_text", "text": "We order.", "grant_orders": [{"grant": str(uuid.uuid4()), "act": "suspend", "cause": "c"}]}, "policy")
    refused(trust["ada"].send("POST", f"{GOV}/proposals/{policy['id']}/submit", {}), "invalid", ORDERS)
    plain = decide(trust, {"schema": "policy_text", "text": "No orders.", "grant_orders": []})
    trust.vote(plain, {name: "yes" for name in BOARD})
    assert trust.sql("SELECT count(*) FROM governance.grant_order WHERE proposal_id = %s", plain) == [(0,)]


def test_order_about_a_grant(stack):
    """In a trust that has grants. The order changes nothing there: it resumes what runs."""
    trust = cycled(stack).trust
    grant = trust.sql("SELECT grant_id::text FROM licensing.grant_overview WHERE state = 'active' ORDER BY grant_id LIMIT 1")[0][0]
    order = {"grant": grant, "act": "resume", "cause": "The matter is settled."}
    twice = draft(trust, {"schema": "policy_text", "text": "We order.", "grant_orders": [order, order]})
    refused(trust["ada"].send("POST", f"{GOV}/proposals/{twice['id']}/submit", {}), "invalid", f"{ORDERS}/1/grant")
    proposal = decide(trust, {"schema": "policy_text", "text": "We order.", "grant_orders": [order]})
    assert trust.sql("SELECT count(*) FROM governance.board_order WHERE grant_id = %s", grant) == [(0,)]  # not before it is in force
    trust.vote(proposal, {name: "yes" for name in BOARD})
    assert trust.sql("SELECT act, cause, decided_at IS NOT NULL FROM governance.board_order WHERE grant_id = %s", grant) == [
        ("resume", "The matter is settled.", True)]
