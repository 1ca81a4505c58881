# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody is told before they apply: how each pool would answer, and why. It is the decision an application with that content gets. Whose turn
an application is, is asked here too: both are what the licensee's pages show of it."""
import uuid

import pytest

from applying import COUNCIL, LONG, WANTED, prepare
from stack import Client
from trust import LIC

PATH = f"{LIC}/policy/matches"
ASKED = {"purpose": "PG.CLIMATE", "actions": ["read"], "modes": ["download"], "region": "IE"}


@pytest.fixture(scope="module")
def world(stack):
    made = stack.trust(changes=LONG)
    prepare(made)
    yield made
    stack.release(made)


def match(client, **more):
    answer = client.post(PATH, {**ASKED, **more})
    assert answer.status == 200
    return {one["pool"]: one for one in answer.json["items"]}


def slug(answer):
    return answer.status, answer.json["type"].split("/")[-1]


def test_what_would_be_granted(world):
    found = match(world["uni"])["air"]
    assert (found["decision"], found["way"], found["referral"], found["rule"], found["tier"]) == ("permit", "council", ["first_grant"], "P1", "free")
    assert {one["name"]: one["rule"] for one in found["columns"]}["lat"] == "round:2"
    assert found["members"] == 6 and found["records"] == 0 and found["expected_charge"] == {"minor": 0, "currency": "EUR"}
    assert found["decision_seconds"] == LONG["durations"]["council_case_seconds"]


def test_the_records_and_what_they_cost(world):
    """One month in which all covered rows are read once, by the price of the tier: base, and each row above the free ones."""
    pool = world.sql("SELECT pool_id::text FROM licensing.pool WHERE ref = 'air'")[0][0]
    member = world.sql("SELECT member_id::text FROM licensing.consent_current WHERE pool_id = %s AND purpose = 'COM.INSIGHT' LIMIT 1", pool)[0][0]
    world.unguarded("INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, accept_partial, provenance, licence, "
                    f"charter_version, rows) VALUES (log.new_id(), '{pool}', '{member}', 1, 'accepted', 'csv', '{{}}', false, '{{}}', '{{}}', 1, 4567)")
    found = match(world["firm"], purpose="COM.INSIGHT")["air"]
    assert (found["way"], found["tier"], found["records"]) == ("council", "commercial", 4567)
    assert found["expected_charge"] == {"minor": 25000 + 5351, "currency": "EUR"}
    assert match(world["uni"])["air"]["records"] == 0, "no consent of theirs"


@pytest.mark.parametrize("more, reasons", [
    ({"purpose": "COM.INSIGHT"}, ["core:default-deny"]), ({"purpose": "X.ADS"}, ["X1"]), ({"purpose": "PG.MOBILITY"}, ["core:no-consent"]),
    ({"actions": ["read", "sell"]}, ["core:act-sell_data"]), ({"columns": ["sensor_id"]}, ["core:no-columns"]), ({"region": "EU"}, ["core:region-unknown"]),
    ({"purpose": "PG"}, ["core:purpose-not-assignable"]), ({"columns": ["salary"]}, ["core:column-unknown"])])
def test_what_would_be_refused(world, more, reasons):
    found = match(world["uni"], **more)["air"]
    assert (found["decision"], found["way"]) == ("deny", "refusal")
    assert [one for one in found["reasons"] if not one.startswith("prohibition:")] == reasons
    assert found["rule"] is found["price"] is found["records"] is found["expected_charge"] is found["decision_seconds"] is None


def test_it_is_the_decision_an_application_gets(world):
    for more in ({}, {"purpose": "PG.MOBILITY"}, {"actions": ["read", "aggregate"]}):
        told = match(world["uni"], columns=WANTED["columns"], **more)["air"]
        made = world.apply("uni", **{**WANTED, "modes": ["download"], **more})
        got = world.wait_application("uni", made, ("council_review", "refused", "offered"))
        assert got["evaluation"]["decision"] == told["decision"] and got["reasons"] == told["reasons"]
        assert got["state"] == {"refusal": "refused", "council": "council_review", "offer": "offered"}[told["way"]]


def test_nothing_is_stored(world):
    counts = lambda: world.sql("SELECT (SELECT count(*) FROM licensing.application), (SELECT count(*) FROM licensing.evaluation)")
    before = counts()
    match(world["uni"])
    assert counts() == before


def test_few_members_are_not_counted_out(world):
    world.unguarded("UPDATE licensing.consent_current SET permits = false WHERE ctid IN "
                    "(SELECT ctid FROM licensing.consent_current WHERE purpose = 'PG.EDU' LIMIT 3)")
    found = match(world["uni"], purpose="PG.EDU")["air"]
    assert (found["reasons"], found["members"], found["records"]) == (["core:cohort"], None, None)


def test_one_pool_and_none(world):
    assert list(match(world["uni"], pool="air")) == ["air"]
    assert slug(world["uni"].send("POST", PATH, {**ASKED, "pool": "sea"})) == (404, "not_found")


@pytest.mark.parametrize("change, pointer", [({"purpose": None}, "/purpose"), ({"actions": []}, "/actions"), ({"modes": ["query", "query"]}, "/modes"),
                                             ({"columns": ["lat", "lat"]}, "/columns"), ({"wish": 1}, "/wish")])
def test_what_cannot_be_read(world, change, pointer):
    answer = world["uni"].send("POST", PATH, {key: value for key, value in {**ASKED, **change}.items() if value is not None})
    assert slug(answer) == (422, "invalid") and answer.json["errors"][0]["pointer"] == pointer


def test_who_may_not(world):
    assert slug(Client(world.base).send("POST", PATH, ASKED)) == (401, "not_signed_in")
    assert slug(world["lin"].send("POST", PATH, ASKED)) == (403, "forbidden")
    email = f"new@{uuid.uuid4().hex[:8]}.example"
    made = world.public.post(f"{LIC}/organisations", {"name": "New", "country": "IE", "class": "university", "person": "New", "email": email}).json
    assert slug(world.add("new", made["invite"], email).send("POST", PATH, ASKED)) == (409, "not_allowed_here")


def turn(world, application):
    return world.application("uni", application)["turn"]


def test_whose_turn_it_is(world):
    made = world["uni"].post(f"{LIC}/applications", WANTED).json
    assert made["turn"]["who"] == "applicant" and made["turn"]["until"] > made["changed_at"] and made["grant_id"] is made["renews"] is None
    world["uni"].post(f"{LIC}/applications/{made['id']}/submit")
    case = world.wait_application("uni", made["id"], ("council_review",))["case_id"]
    closes = world["eva"].get(f"/governance/v1/council-cases/{case}").json["closes_at"]
    assert turn(world, made["id"]) == {"who": "council", "until": closes}
    world["eva"].post(f"{LIC}/applications/{made['id']}/ask", {"questions": ["Why?"]})
    assert turn(world, made["id"])["who"] == "applicant"
    world["uni"].post(f"{LIC}/applications/{made['id']}/submit", {"answers": [{"question": 0, "text": "Because."}]})
    world.wait_application("uni", made["id"], ("council_review",))
    world.decide_case(COUNCIL, made["id"])
    offered = world.wait_application("uni", made["id"], ("offered",))
    assert offered["turn"] == {"who": "signatory", "until": world["uni"].get(f"{LIC}/offers/{offered['offer_id']}").json["valid_until"]}
    world.accept_offer("uni", offered["offer_id"])
    agreed = world.application("uni", made["id"])
    grant = world["uni"].get(f"{LIC}/grants/{agreed['grant_id']}").json
    assert agreed["turn"] == {"who": "nobody", "until": None} and (grant["application_id"], grant["renewal_id"]) == (made["id"], None)
    if grant["state"] == "active":
        renewal = world["uni"].post(f"{LIC}/grants/{grant['id']}/renew").json
        assert renewal["renews"] == grant["id"] and world["uni"].get(f"{LIC}/grants/{grant['id']}").json["renewal_id"] == renewal["id"]


def test_a_refusal_waits_for_an_appeal(world):
    made = world.apply("uni", **{**WANTED, "purpose": "PG.MOBILITY"})
    refused = world.wait_application("uni", made, ("refused",))
    assert refused["turn"] == {"who": "applicant", "until": refused["appeal_until"]}
