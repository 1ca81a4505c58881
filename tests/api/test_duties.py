# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a licensee owes beside money, over HTTP: duties with their dates and proofs, the yearly report, attestations with their reminders, the
answer in a hearing, and the renewal of a grant."""
import base64
import hashlib
import json

import pytest

from granted import Granted

LIC = "/licensing/v1"
DUTIES = [{"id": "D1", "act": "accept_tracking"}, {"id": "D2", "act": "attribute"}, {"id": "D3", "act": "compensate"},
          {"id": "D4", "act": "delete", "within_days": 10}, {"id": "D5", "act": "publish_results", "within_days": 60}, {"id": "D6", "act": "ethics_approval"},
          {"id": "D7", "act": "review_policy", "within_days": 5}]


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(sign_in=False)
    yield Granted(trust, stack)
    stack.release(trust)


@pytest.fixture
def grant(world):
    return world.grant(duties=DUTIES, days=800)


def duties(world, grant, who="A"):
    return {(d["duty"], d["n"]): d for d in world.client(who).get(f"{LIC}/grants/{grant}/duties")["items"]}


def prove(world, grant, duty, who="A", **more):
    return world.client(who).send("POST", f"{LIC}/grants/{grant}/duties", {"duty": duty, "statement": "done as agreed", **more})


def slug(answer):
    return answer["type"].rsplit("/", 1)[-1]


def test_each_duty_has_its_date_and_its_kind_of_proof(world, grant):
    found = duties(world, grant)
    assert {k: d["proof"] for k, d in found.items()} == {
        ("D1", 1): "automatic", ("D2", 1): "declaration", ("D3", 1): "automatic", ("D5", 1): "document", ("D6", 1): "document", ("D7", 1): "declaration",
        ("core:yearly-report", 1): "report", ("core:yearly-report", 2): "report", ("core:yearly-report", 3): "report"}
    days = {k: d for (k, d) in world.trust.sql("SELECT d.duty || ' ' || d.n, round(extract(epoch FROM d.due_at - g.from_at) / 86400) FROM licensing.duty_due AS d "
                                               "JOIN licensing.data_grant AS g ON g.id = d.grant_id WHERE g.id = %s AND d.due_at IS NOT NULL", grant)}
    assert days == {"D2 1": 30, "D5 1": 860, "D6 1": 30, "D7 1": 5, "core:yearly-report 1": 365, "core:yearly-report 2": 730, "core:yearly-report 3": 800}
    assert found[("D1", 1)]["state"] == "automatic" and found[("D2", 1)]["state"] == "open"


def test_a_declaration_is_dated_and_counts_once(world, grant):
    assert prove(world, grant, "D2", done_on="2999-01-01").status == 422
    answer = prove(world, grant, "D2", done_on="2026-01-02")
    assert answer.status == 201 and (answer["state"], answer["done_on"], answer["statement"]) == ("met", "2026-01-02", "done as agreed")
    assert slug(prove(world, grant, "D2")) == "not_allowed_here"
    assert slug(prove(world, grant, "D1")) == "not_allowed_here"
    unknown = prove(world, grant, "D9")
    assert unknown.status == 422 and unknown["errors"][0]["pointer"] == "/duty"


def test_a_document_is_attached_where_the_duty_asks_for_one(world, grant):
    assert prove(world, grant, "D6")["errors"][0]["pointer"] == "/document"
    content = b"%PDF-1.7 approved"
    document = {"name": "approval.pdf", "media_type": "application/pdf", "content": base64.b64encode(content).decode()}
    answer = prove(world, grant, "D6", document=document)
    assert answer.status == 201 and answer["document"] == {"name": "approval.pdf", "media_type": "application/pdf", "size": len(content), "url": None,
                                                           "sha256": hashlib.sha256(content).hexdigest()}
    whole = world.client("H").get(f"{LIC}/grants/{grant}/duties/{answer['id']}")
    assert base64.b64decode(whole["document"]["content"]) == content
    kept = {"name": "results.zip", "media_type": "application/zip", "sha256": "a" * 64, "url": "https://repository.example/1"}
    assert prove(world, grant, "D5", document=kept)["document"] == {**kept, "size": None}


@pytest.mark.parametrize("wrong, pointer", [({"content": "!!"}, "/document/content"), ({"content": ""}, "/document/content"), ({}, "/document/sha256"),
                                            ({"sha256": "a" * 64}, "/document/url"), ({"sha256": "a" * 64, "url": "http://x.example"}, "/document/url"),
                                            ({"content": "AA==", "url": "https://x.example"}, "/document/content"), ({"name": ""}, "/document/name"),
                                            ({"name": "a\nb"}, "/document/name"), ({"media_type": "pdf"}, "/document/media_type"),
                                            ({"extra": 1}, "/document")])
def test_documents_that_are_none_are_refused(world, grant, wrong, pointer):
    answer = prove(world, grant, "D6", document={"name": "a.pdf", "media_type": "application/pdf", **wrong})
    assert (answer.status, answer["errors"][0]["pointer"]) == (422, pointer)


def test_a_document_has_a_largest_size(world, grant):
    document = lambda size: {"name": "a", "media_type": "text/plain", "content": base64.b64encode(b"x" * size).decode()}
    assert prove(world, grant, "D6", document=document(196609)).status == 400
    assert prove(world, grant, "D6", document=document(196608)).status == 201


def test_duties_of_others_are_not_found(world, grant):
    answer = prove(world, grant, "D2")
    for who in "XNC":
        client = world.client(who)
        assert client.send("GET", f"{LIC}/grants/{grant}/duties").status == 404
        assert client.send("GET", f"{LIC}/grants/{grant}/duties/{answer['id']}").status == 404
    for who in "X":
        assert prove(world, grant, "D7", who).status == 404
    for who in "BTH":
        assert prove(world, grant, "D7", who).status in (403, 404)
        assert world.client(who).get(f"{LIC}/grants/{grant}/duties").status == 200
    other = world.grant(duties=DUTIES)
    assert world.client("A").send("GET", f"{LIC}/grants/{other}/duties/{answer['id']}").status == 404
    assert world.trust.public.send("GET", f"{LIC}/grants/{grant}/duties").status == 401


def test_the_same_key_proves_once(world, grant):
    client, body, key = world.client("A"), {"duty": "core:yearly-report", "statement": "the first year"}, {"Idempotency-Key": "report-1"}
    first = client.send("POST", f"{LIC}/grants/{grant}/duties", body, headers=key)
    assert client.send("POST", f"{LIC}/grants/{grant}/duties", body, headers=key).json == first.json
    assert client.send("POST", f"{LIC}/grants/{grant}/duties", {**body, "statement": "another"}, headers=key).status == 409
    assert [d["state"] for k, d in sorted(duties(world, grant).items()) if k[0] == "core:yearly-report"] == ["met", "open", "open"]
    assert slug(client.send("POST", f"{LIC}/grants/{grant}/duties", body)) == "not_allowed_here"  # the second year has not begun


def test_a_report_is_a_command_and_leaves_tokens_alone(world, grant):
    epoch = world.epoch(grant)
    answer = world.client("A").post(f"{LIC}/grants/{grant}/report", {"statement": "who read what, and why"})
    assert answer["state"] == "active" and answer["epoch"] == epoch and answer["events"][-1]["command"] == "report"
    assert world.client("A").send("POST", f"{LIC}/grants/{grant}/report", {}).status == 422


def test_a_missing_report_suspends_and_the_report_resumes(world, grant):
    world.age("duty_due", grant, "due_at = CASE WHEN duty = 'core:yearly-report' AND n = 1 THEN now() ELSE due_at END")
    world.review(grant)
    found = world.client("A").get(f"{LIC}/grants/{grant}").json
    assert found["state"] == "suspended" and [s["cause"] for s in found["suspensions"]] == ["report overdue"]
    assert duties(world, grant)[("core:yearly-report", 1)]["state"] == "overdue"
    assert prove(world, grant, "core:yearly-report").status == 201
    assert world.client("A").get(f"{LIC}/grants/{grant}")["state"] == "active"


def test_the_duty_to_delete_is_proven_after_the_end(world, grant):
    assert world.client("A").send("POST", f"{LIC}/grants/{grant}/close", {}).status == 409
    assert world.client("S").post(f"{LIC}/grants/{grant}/close", {"cause": "the study is done"})["state"] == "closed"
    due = duties(world, grant)[("D4", 1)]
    assert due["state"] == "open"
    assert prove(world, grant, "D4").status == 201 and duties(world, grant)[("D4", 1)]["state"] == "met"


@pytest.mark.parametrize("days, said", [(31, []), (30, [30]), (8, [30]), (7, [7]), (1, [7])])
def test_an_attestation_that_ends_is_announced(world, days, said):
    organisation, person, _ = world.licensee("Reminded")
    world.attest(days_ago=365 - days, organisation=organisation)
    grant = world.grant(organisation=organisation, attest_days=365)
    world.review(grant)
    world.review(grant)
    assert [(d["what"], d["days"]) for d in world.said(grant, "grant.expiring")] == [("attestation", d) for d in said]
    notices = world.trust.sql("SELECT count(*) FROM log.outbox WHERE topic = 'notice' AND payload ->> 'member' = %s AND payload ->> 'kind' = "
                              "'grant_expiring'", person)
    assert notices[0][0] == len(said)


def test_a_lapsed_attestation_suspends_and_a_new_one_resumes_at_once(world):
    organisation, person, _ = world.licensee("Lapsed")
    world.attest(days_ago=364, organisation=organisation)
    grants = [world.grant(organisation=organisation, attest_days=365), world.grant(organisation=organisation)]
    world.unguarded("licensing.attestation", "UPDATE licensing.attestation SET attested_at = now() - interval '365 days' WHERE organisation_id = %s", organisation)
    world.trust.sql("UPDATE licensing.grant_due SET at = now() WHERE grant_id = ANY (%s::uuid[])", grants)
    world.tick()
    assert [world.causes(g) for g in grants] == [["attestation lapsed"], []]
    made = world.trust.sql("SELECT outcome FROM licensing.attest(%s, NULL, %s, %s)", person, organisation,
                           json.dumps({"kind": "non_commercial", "statement": "still not"}))[0][0]
    assert made == "created" and [world.state(g) for g in grants] == ["active", "active"]


def test_a_hearing_is_shown_and_answered(world, grant):
    order = world.order(grant, "revoke", "the readings were passed on")
    world.trust.sql("SELECT licensing.carry_out_order(%s, %s, 'revoke', NULL)", order, grant)
    shown = world.client("A").get(f"{LIC}/grants/{grant}").json
    assert shown["state"] == "active" and shown["hearing"]["cause"] == "the readings were passed on" and shown["hearing"]["statement"] is None
    for who, status in (("X", 404), ("N", 403)):
        assert world.client(who).send("POST", f"{LIC}/grants/{grant}/answer-hearing", {"statement": "no"}).status == status
    answered = world.client("A").send("POST", f"{LIC}/grants/{grant}/answer-hearing", {"statement": "they were not"})
    assert answered.status == 201 and answered["hearing"]["statement"] == "they were not"
    assert slug(world.client("A").send("POST", f"{LIC}/grants/{grant}/answer-hearing", {"statement": "really"})) == "not_allowed_here"


def test_a_renewal_is_a_new_application_that_names_its_grant(world, grant):
    client = world.client("A")
    answer = client.send("POST", f"{LIC}/grants/{grant}/renew", {"duration_days": 200})
    assert answer.status == 201 and (answer["state"], answer["duration_days"], answer["purpose"]) == ("screening", 200, "RES.ACADEMIC")
    assert world.trust.sql("SELECT renews::text, copied_from IS NOT NULL FROM licensing.application WHERE id = %s", answer["id"]) == [(grant, True)]
    assert world.trust.sql("SELECT count(*) FROM job.job WHERE kind = 'screen_application' AND key = %s", answer["id"])[0][0] == 1
    world.trust.sql("UPDATE licensing.application SET state = 'council_review' WHERE id = %s", answer["id"])
    assert slug(client.send("POST", f"{LIC}/grants/{grant}/renew", {})) == "not_allowed_here"
    world.trust.sql("UPDATE licensing.application SET state = 'refused' WHERE id = %s", answer["id"])
    assert client.send("POST", f"{LIC}/grants/{grant}/renew", {}).status == 201
    assert client.get(f"{LIC}/grants/{grant}")["state"] == "active"


def test_nothing_is_renewed_against_a_prohibition_or_a_sanction(world):
    grant = world.grant(purpose="PG.CLIMATE")
    prohibition = world.prohibit("PG", old_grants="NULL")
    count = lambda: world.trust.sql("SELECT count(*) FROM licensing.application WHERE renews = %s", grant)[0][0]
    assert slug(world.client("A").send("POST", f"{LIC}/grants/{grant}/renew", {})) == "purpose_prohibited"
    world.lift_prohibition(prohibition)
    sanction = world.sanction()
    assert slug(world.client("A").send("POST", f"{LIC}/grants/{grant}/renew", {})) in ("sanctioned", "not_allowed_here")
    world.end_sanction(sanction)
    world.tick()
    assert count() == 0
    world.unguarded("licensing.organisation_class", "DELETE FROM licensing.organisation_class WHERE organisation_id = %s", world.organisation)
    refused = world.client("A").send("POST", f"{LIC}/grants/{grant}/renew", {})
    assert refused.status == 409 and count() == 0  # nothing half-made stays behind
