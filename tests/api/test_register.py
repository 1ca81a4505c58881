# SPDX-License-Identifier: AGPL-3.0-or-later
"""The public register: grants with what holds them, and refusals with their reasons, nothing of what applicants wrote."""
import json

import pytest

import applying
from stack import eventually, first_page

REGISTER, REFUSALS = "/licensing/v1/register", "/licensing/v1/register/refusals"


@pytest.fixture(scope="module")
def trust(stack):
    made = stack.trust(changes=applying.LONG)
    applying.prepare(made)
    yield made
    stack.release(made)


@pytest.fixture(scope="module")
def grant(trust):
    applying.agreed(trust)
    return eventually("a grant", lambda: first_page(trust["uni"], "/licensing/v1/grants")[0])


def entry(trust, identifier):
    return next(g for g in trust.public.get(REGISTER).json["items"] if g["grant_id"] == identifier)


def test_a_grant_is_public(trust, grant):
    found = entry(trust, grant["id"])
    assert (found["licensee"], found["class"], found["pool"], found["purpose"], found["tier"]) == ("University", "university", "air",
                                                                                               "PG.CLIMATE", "free")
    assert found["terms_version"] == 1 and len(found["terms_sha256"]) == 64 and found["from"] < found["until"]
    assert found["suspensions"] == [] and found["overdue_acknowledgements"] is False and found["cause"] is None
    assert "Where the air is worst" not in json.dumps(found)


def test_what_holds_a_grant_is_public(trust, grant):
    eventually("active", lambda: entry(trust, grant["id"])["state"] == "active")
    before = entry(trust, grant["id"])["state_since"]
    trust.sql("SELECT licensing.hold_grant(%s, 'tombstones overdue', 'Thirty days have passed.')", grant["id"])
    found = entry(trust, grant["id"])
    assert found["state"] == "suspended" and [(s["cause"], s["reason"]) for s in found["suspensions"]] == [
        ("tombstones overdue", "Thirty days have passed.")]
    assert found["state_since"] >= before and found["suspensions"][0]["until"] is None


def test_an_overdue_acknowledgement_is_public(trust, grant):
    trust.unguarded(f"INSERT INTO licensing.tombstone (grant_id, seq, row_ref, kind, effective_at, ack_due) VALUES ('{grant['id']}', 1, "
                    "'0123456789ABC', 'withdrawn', now() - interval '40 days', now() - interval '10 days')")
    assert entry(trust, grant["id"])["overdue_acknowledgements"] is True
    trust.unguarded(f"INSERT INTO licensing.tombstone_ack (grant_id, seq, person) VALUES ('{grant['id']}', 1, '{trust.ids['uni']}')")
    assert entry(trust, grant["id"])["overdue_acknowledgements"] is False


def test_the_register_is_asked_for_a_pool_a_state_a_purpose(trust, grant):
    state = entry(trust, grant["id"])["state"]
    for query, found in (("pool=air", True), ("pool=water", False), (f"state={state}", True), ("state=closed", False), ("purpose=PG.CLIMATE", True),
                         ("purpose=PG", True), ("purpose=COM", False), (f"pool=air&state={state}&purpose=PG", True), ("pool=air&state=closed", False)):
        items = trust.public.get(f"{REGISTER}?{query}").json["items"]
        assert [g["grant_id"] for g in items].count(grant["id"]) == found, query


def test_refusals_give_their_reasons(trust):
    by_rule = applying.apply(trust, purpose="X.WORK", project="A secret project.")
    assert by_rule["state"] == "refused"
    by_council = applying.apply(trust, purpose="PG.STATS")
    trust.decide_case(applying.COUNCIL, by_council["id"], choice="no")
    applying.wait_for_state(trust, "uni", by_council["id"], "refused")
    items = {r["application_id"]: r for r in trust.public.get(REFUSALS).json["items"]}
    rule, council = items[by_rule["id"]], items[by_council["id"]]
    assert rule["reasons"] == by_rule["reasons"] and rule["reasons"] and rule["council_reasons"] == [] and rule["appealed"] is False
    assert council["reasons"] == ["council"] and "Fits the purposes the members voted." in json.dumps(council["council_reasons"])
    assert rule["organisation"] == "University" and rule["pool"] == "air" and "secret" not in json.dumps(items)
    trust["uni"].post(f"/licensing/v1/applications/{by_rule['id']}/appeal", {"text": "The rule does not fit."})
    assert {r["application_id"]: r["appealed"] for r in trust.public.get(REFUSALS).json["items"]}[by_rule["id"]] is True


def test_pages_and_tags(trust, grant):
    for path in (REGISTER, REFUSALS):
        whole = trust.public.send("GET", f"{path}?limit=100")
        seen, after = [], ""
        while after is not None:
            page = trust.public.get(f"{path}?limit=1{after and '&after=' + after}").json
            seen += page["items"]
            after = page["next"]
        assert seen == whole.json["items"] and seen
        again = trust.public.send("GET", f"{path}?limit=100", headers={"If-None-Match": whole.headers["ETag"]})
        assert (again.status, again.raw) == (304, b"")
        for bad in ("limit=0", "limit=101", "after=x"):
            assert trust.public.send("GET", f"{path}?{bad}").status == 400
