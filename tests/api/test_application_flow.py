# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way of an application: drafts with holes, co-applicants, copies, questions and answers with the changes marked, what the council sees,
public reasons, appeals, re-screening; and the keys an organisation registers."""
import json
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from applying import LONG, WANTED, agreed, apply, approved, prepare, rewrite, settled, wait_for_state
from test_offers import pad, raw, refused, register, thumbprint
from trust import LIC


@pytest.fixture(scope="module")
def trust(stack):
    made = stack.trust(changes=LONG)
    prepare(made)
    agreed(made)
    yield made
    stack.release(made)


def panel(trust, appeal, upheld):
    rewrite(trust, "governance.panel_case", "guard", "UPDATE governance.panel_case SET state = 'decided', closes_at = NULL, decided_at = clock_timestamp(), "
            f"upheld = {upheld} WHERE id = '{appeal}'")


def announced(trust, identifier):
    return [r[0] for r in trust.sql("SELECT payload -> 'data' ->> 'decision' FROM log.outbox WHERE topic = 'webhook' AND payload ->> 'type' = "
                                    "'application.decided' AND payload -> 'data' ->> 'application_id' = %s ORDER BY id", identifier)]


# -- drafts ---------------------------------------------------------------------

def test_an_empty_draft_is_saved_and_lists_what_is_missing(trust):
    made = trust["uni"].post(f"{LIC}/applications", {}).json
    assert made["state"] == "draft" and made["pool"] is None and made["purpose"] is None and made["actions"] == []
    answer = trust["uni"].send("POST", f"{LIC}/applications/{made['id']}/submit", {})
    assert answer.status == 422
    assert [e["pointer"] for e in answer.json["errors"]] == ["/pool", "/purpose", "/actions", "/columns", "/modes", "/region", "/duration_days", "/project"]
    half = trust["uni"].patch(f"{LIC}/applications/{made['id']}", {"pool": "air", "purpose": "PG.CLIMATE", "actions": ["read"]}, headers={"If-Match": '"v1"'}).json
    assert half["pool"] == "air" and half["version"] == 2
    answer = trust["uni"].send("POST", f"{LIC}/applications/{made['id']}/submit", {})
    assert [e["pointer"] for e in answer.json["errors"]] == ["/columns", "/modes", "/region", "/duration_days", "/project"]
    assert trust["uni"].get(f"{LIC}/applications/{made['id']}").json["state"] == "draft"


def test_words_nobody_knows_are_saved_and_refused_by_the_match(trust):
    found = apply(trust, purpose="PG.SERVICE", modes=["delta"])
    assert found["state"] == "refused" and found["reasons"] == ["core:purpose-unknown", "core:mode-unknown"]


def test_co_applicants_read_and_edit_and_do_nothing_else(trust):
    made = trust["uni"].post(f"{LIC}/applications", WANTED).json
    path = f"{LIC}/applications/{made['id']}"
    refused(trust["firm"].send("GET", path), 404, "not_found")
    refused(trust["uni"].send("POST", f"{path}/invite", {"person_id": str(uuid.uuid4())}), 422, "invalid", "/person_id")
    assert trust["uni"].post(f"{path}/invite", {"person_id": trust.ids["firm"]}).json["co_applicants"] == [trust.ids["firm"]]
    version = trust["firm"].get(path).json["version"]
    assert trust["firm"].patch(path, {"project": "Ours."}, headers={"If-Match": f'"v{version}"'}).json["project"] == "Ours."
    assert made["id"] in [a["id"] for a in trust["firm"].get(f"{LIC}/applications").json["items"]]
    for command in ("submit", "withdraw", "invite"):
        refused(trust["firm"].send("POST", f"{path}/{command}", {"person_id": trust.ids["ann"]} if command == "invite" else {}), 403, "forbidden")
    events = trust["uni"].get(f"{path}/events").json["items"]
    assert [(e["command"], e["role"]) for e in events] == [("create", "A"), ("invite", "A"), ("edit", "O")]
    assert events[2]["body"]["changed"] == {"project": {"from": WANTED["project"], "to": "Ours."}}


@pytest.mark.parametrize("state", ["agreed", "withdrawn"])
def test_a_copy_of_what_is_over(trust, state):
    source = trust["uni"].post(f"{LIC}/applications", {**WANTED, "people": [{"name": "Ada", "role": "r"}]}).json["id"]
    if state == "withdrawn":
        trust["uni"].post(f"{LIC}/applications/{source}/withdraw", {})
    else:
        trust["uni"].post(f"{LIC}/applications/{source}/submit", {})
        trust.accept_offer("uni", settled(trust, "uni", source)["offer_id"])
    made = trust["uni"].send("POST", f"{LIC}/applications/{source}/copy-from", {})
    assert made.status == 201 and made.json["state"] == "draft" and made.json["copied_from"] == source and made.json["people"] == [{"name": "Ada", "role": "r"}]
    other = trust["uni"].post(f"{LIC}/applications", {"copied_from": source, "duration_days": 7}).json
    assert other["duration_days"] == 7 and other["project"] == WANTED["project"] and other["pool"] == "air"
    empty = trust["uni"].post(f"{LIC}/applications", {}).json
    filled = trust["uni"].post(f"{LIC}/applications/{empty['id']}/copy-from", {"application_id": source}).json
    assert filled["id"] == empty["id"] and filled["columns"] == WANTED["columns"]
    refused(trust["uni"].send("POST", f"{LIC}/applications/{empty['id']}/copy-from", {}), 422, "invalid", "/application_id")


def test_no_copy_of_a_refused_one(trust):
    found = apply(trust, purpose="RES.COM")
    refused(trust["uni"].send("POST", f"{LIC}/applications/{found['id']}/copy-from", {}), 409, "not_allowed_here")
    refused(trust["uni"].send("POST", f"{LIC}/applications", {"copied_from": found["id"]}), 422, "invalid", "/copied_from")


# -- council ----------------------------------------------------------------------

def test_questions_answers_and_marked_changes(trust):
    found = apply(trust, restriction="We want it all.")
    path = f"{LIC}/applications/{found['id']}"
    assert found["state"] == "council_review"
    refused(trust["eva"].send("POST", f"{path}/ask", {}), 422, "invalid", "/text")
    returned = trust["eva"].post(f"{path}/ask", {"questions": ["Why?", "Until when?"]}).json
    assert returned["state"] == "returned" and returned["questions"] == ["Why?", "Until when?"]
    trust["uni"].patch(path, {"duration_days": 30, "project": "Less."}, headers={"If-Match": f'"v{returned["version"]}"'})
    refused(trust["uni"].send("PATCH", path, {"project": "stale"}, {"If-Match": f'"v{returned["version"]}"'}), 409, "stale")
    answer = trust["uni"].send("POST", f"{path}/submit", {"answers": [{"question": 0, "text": "Because."}]})
    assert answer.status == 422 and answer.json["errors"][0]["detail"] == "question 1 has no answer"
    answers = [{"question": 0, "text": "Because."}, {"question": 1, "text": "May."}]
    trust["uni"].post(f"{path}/submit", {"answers": answers})
    again = settled(trust, "uni", found["id"])
    assert again["state"] == "council_review" and again["case_id"] != found["case_id"], "what was asked about is not voted on any more"
    assert trust.sql("SELECT state FROM governance.council_case WHERE id = %s", found["case_id"])[0][0] == "withdrawn"
    seen = trust["lin"].get(path).json
    assert seen["answers"] == answers and seen["questions"] == []
    assert seen["changes"] == {"duration_days": {"from": 90, "to": 30}, "project": {"from": WANTED["project"], "to": "Less."}}


def test_what_is_private_stays_out_of_the_case(trust):
    found = apply(trust, restriction="A secret street.", project="A secret project.", private=["project", "restriction"],
                  people=[{"name": "Zoe Quill", "role": "r"}])
    body = json.dumps(trust.sql("SELECT body FROM governance.council_case WHERE id = %s", found["case_id"])[0][0])
    assert "secret" not in body and "Zoe" not in body and '"PG.CLIMATE"' in body and '"covered_members": 6' in body
    assert trust["eva"].get(f"{LIC}/applications/{found['id']}").json["project"] == "A secret project.", "the council reads the application"
    refused(trust["uni"].send("POST", f"{LIC}/applications", {**WANTED, "private": ["purpose"]}), 422, "invalid", "/private/0")


def test_votes_at_the_application_and_a_refusal_with_public_reasons(trust):
    found = apply(trust, restriction="No.")
    path = f"{LIC}/applications/{found['id']}"
    vote = {"choice": "no", "reason_code": "purpose", "reason_text": "Too wide."}
    assert trust["hal"].post(f"{path}/declare-conflict", {"reason": "My employer."}).json["state"] == "council_review"
    refused(trust["hal"].send("POST", f"{path}/vote", vote), 409, "conflicted")
    refused(trust["lin"].send("POST", f"{path}/vote", vote), 403, "forbidden")
    for name in ("eva", "fay", "gil", "ida"):
        trust[name].post(f"{path}/vote", vote)
    assert wait_for_state(trust, "uni", found["id"], "refused")["reasons"] == ["council"]
    assert announced(trust, found["id"]) == ["refused"]
    listed = [r for r in trust.public.get(f"{LIC}/register/refusals?limit=100").json["items"] if r["application_id"] == found["id"]]
    assert listed and listed[0]["reasons"] == ["council"]
    commands = [e["command"] for e in trust["lin"].get(f"{path}/events").json["items"]]
    assert commands.count("vote") == 4 and commands[-1] == "decide"


def test_no_decision_in_time_goes_to_the_board_and_never_to_approval(trust):
    found = apply(trust, restriction="Slowly.")
    rewrite(trust, "governance.council_case", "guard", f"UPDATE governance.council_case SET closes_at = clock_timestamp() WHERE id = '{found['case_id']}'")
    trust.wait_sql("escalated", "SELECT count(*) = 1 FROM licensing.application_event WHERE application_id = %s AND command = 'escalate'", found["id"])
    assert trust["ada"].get(f"{LIC}/applications/{found['id']}").json["state"] == "council_review"
    assert trust.sql("SELECT licensing.application_role(%s, %s)", trust.ids["ada"], found["id"])[0][0] == "B"


def test_nobody_grants_against_the_council(trust):
    """The guard of the grant, as the owner of the schema: an offer that was approved, but whose case says no."""
    found = approved(trust, restriction="Please.")
    rewrite(trust, "governance.council_case", "guard", f"UPDATE governance.council_case SET approved = false WHERE id = '{found['case_id']}'")
    answer = trust["uni"].send("POST", f"{LIC}/offers/{found['offer_id']}/accept", {"agreement_hash": trust["uni"].get(f"{LIC}/offers/{found['offer_id']}")["agreement_hash"]})
    assert answer.status == 500, "a constraint is the last line, not an answer"
    assert trust.sql("SELECT count(*) FROM licensing.agreement WHERE offer_id = %s", found["offer_id"])[0][0] == 0


# -- refusals and appeals -----------------------------------------------------------

def test_an_appeal_that_is_reversed_goes_to_a_person(trust):
    found = apply(trust, purpose="RES.COM")
    path = f"{LIC}/applications/{found['id']}"
    assert found["state"] == "refused" and found["reasons"] == ["core:default-deny"] and found["appeal_until"] and announced(trust, found["id"]) == ["refused"]
    refused(trust["uni"].send("POST", f"{path}/appeal", {}), 422, "invalid", "/text")
    appealed = trust["uni"].post(f"{path}/appeal", {"text": "It is research."}).json
    assert appealed["state"] == "appealed" and appealed["appeal_id"]
    panel(trust, appealed["appeal_id"], "false")
    wait_for_state(trust, "lin", found["id"], "screening")
    trust.wait_sql("a match behind the reversal", "SELECT licensing.screened_since_submit(%s) = 'deny'", found["id"])
    held = trust["lin"].get(path).json
    assert held["state"] == "screening", "not straight back to the same refusal"
    refused(trust["lin"].send("POST", f"{path}/offer", {}), 409, "not_allowed_here")
    assert trust["lin"].post(f"{path}/ask", {"text": "Apply for RES.ACADEMIC."}).json["state"] == "returned"


def test_a_refusal_that_is_upheld_is_for_good(trust):
    found = apply(trust, purpose="RES.COM")
    path = f"{LIC}/applications/{found['id']}"
    appealed = trust["uni"].post(f"{path}/appeal", {"text": "It is research."}).json
    panel(trust, appealed["appeal_id"], "true")
    assert wait_for_state(trust, "uni", found["id"], "refused")["appeal_until"] is None
    refused(trust["uni"].send("POST", f"{path}/appeal", {"text": "Again."}), 409, "not_allowed_here")


def test_no_appeal_behind_its_time(trust):
    found = apply(trust, purpose="RES.COM")
    rewrite(trust, "licensing.application_event", "append_only", "UPDATE licensing.application_event SET at = at - interval '86401 seconds' "
            f"WHERE application_id = '{found['id']}'")
    refused(trust["uni"].send("POST", f"{LIC}/applications/{found['id']}/appeal", {"text": "Late."}), 409, "not_allowed_here")


# -- what changes behind an offer ------------------------------------------------------

def test_an_offer_is_rescinded_when_a_new_match_denies(trust):
    """The organisation turns out to be a company."""
    found = approved(trust)
    assert announced(trust, found["id"])[-1] == "offered"
    trust["lin"].post(f"{LIC}/organisations/{trust.organisations['uni']}/verify-class", {"class": "company", "evidence": "It was sold."})
    try:
        ended = wait_for_state(trust, "uni", found["id"], "refused")
        assert [e["command"] for e in trust["lin"].get(f"{LIC}/applications/{found['id']}/events").json["items"]][-3:] == ["rescind", "match", "refuse"]
        assert ended["offer_id"] is None and announced(trust, found["id"])[-1] == "refused"
    finally:
        trust["lin"].post(f"{LIC}/organisations/{trust.organisations['uni']}/verify-class", {"class": "university", "evidence": "It was not."})


def test_a_sanction_is_looked_at_when_submitting_and_accepting(trust):
    found, draft = approved(trust), trust["uni"].post(f"{LIC}/applications", WANTED).json
    digest = trust["uni"].get(f"{LIC}/offers/{found['offer_id']}")["agreement_hash"]
    case, sanction = uuid.uuid4(), uuid.uuid4()
    trust.stop()
    try:
        trust.unguarded(
            "ALTER TABLE governance.council_case DISABLE TRIGGER USER", "ALTER TABLE governance.sanction DISABLE TRIGGER USER",
            "INSERT INTO governance.council_case (id, kind, subject, version, body, conditions, kept_conditions, body_name, state, opened_at, closes_at, decided_at, approved) "
            f"VALUES ('{case}', 'sanction', '{sanction}', 1, '{{}}', '[]', '[]', 'council', 'decided', now(), now(), now() - interval '1 second', true)",
            "INSERT INTO governance.sanction (id, organisation_id, purpose, from_at, reason, case_id, proposed_by) VALUES "
            f"('{sanction}', '{trust.organisations['uni']}', 'PG', now() - interval '1 minute', 'named a member', '{case}', '{trust.ids['lin']}')")
        outcome = lambda call, *args: trust.sql(f"SELECT (a).outcome FROM licensing.{call} AS a", *args)[0][0]
        assert outcome("command_application(%s, NULL, %s, 'submit', NULL, '{}')", trust.ids["uni"], draft["id"]) == "sanctioned"
        assert outcome("load_acceptance(%s, NULL, %s, %s, true, NULL)", trust.ids["uni"], found["offer_id"], digest) == "sanctioned"
        assert trust.sql("SELECT licensing.rescreen(%s, 'PG')", trust.organisations["uni"])[0][0] >= 1
    finally:
        trust.start()
    refused_ = wait_for_state(trust, "lin", found["id"], "refused")
    assert refused_["reasons"] == [f"sanction:{sanction}"]
    trust.unguarded(f"DELETE FROM governance.sanction WHERE id = '{sanction}'")


# -- keys of organisations -------------------------------------------------------------

def test_keys_of_an_organisation(trust):
    key = Ed25519PrivateKey.generate()
    path = f"{LIC}/organisations/{trust.organisations['uni']}/keys"
    made = register(trust, "uni", key, alg="EdDSA", use="sig")
    assert made["kid"] == thumbprint(raw(key)) == made["jwk"]["kid"] and made["jwk"]["x"] == pad(raw(key)) and made["ended_at"] is None
    assert made["kid"] in [k["kid"] for k in trust["ann"].get(path).json["items"]] and trust["lin"].get(path).status == 200
    assert trust["firm"].send("GET", path).status == 404 and trust["tess"].send("GET", path).status == 404
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": pad(raw(Ed25519PrivateKey.generate()))}
    for body, pointer in (({**jwk, "d": "x"}, "/jwk/d"), ({**jwk, "crv": "X25519"}, "/jwk"), ({**jwk, "alg": "HS256"}, "/jwk"), ({"kty": "oct", "k": "x"}, "/jwk"),
                          ({**jwk, "x": jwk["x"][:-2]}, "/jwk/x"), ({**jwk, "x": 5}, "/jwk/x"), ({**jwk, "use": "enc"}, "/jwk")):
        refused(trust["uni"].send("POST", path, {"name": "k", "jwk": body}), 422, "invalid", pointer)
    refused(trust["ann"].send("POST", path, {"name": "k", "jwk": jwk}), 403, "forbidden")
    refused(trust["firm"].send("POST", path, {"name": "k", "jwk": jwk}), 404, "not_found")
    same = {"name": "again", "jwk": {**jwk, "x": pad(raw(key))}}
    refused(trust["uni"].send("POST", path, same), 409, "not_allowed_here")
    refused(trust["firm"].send("POST", path.replace(trust.organisations["uni"], trust.organisations["firm"]), same), 409, "not_allowed_here")
    end = f"{LIC}/organisations/{trust.organisations['uni']}/end-key"
    refused(trust["ann"].send("POST", end, {"kid": made["kid"]}), 403, "forbidden")
    refused(trust["firm"].send("POST", end, {"kid": made["kid"]}), 404, "not_found")
    assert trust["uni"].post(end, {"kid": made["kid"]}).json["ended_at"]
    refused(trust["uni"].send("POST", end, {"kid": made["kid"]}), 404, "not_found")
    refused(trust["uni"].send("POST", path, same), 409, "not_allowed_here")


# -- a pool that is not licensed ------------------------------------------------------

def dispose(trust, disposition):
    """As a vote on the asset register would have it."""
    rewrite(trust, "governance.asset", "guard", f"UPDATE governance.asset SET disposition = '{disposition}' WHERE ref = 'pool-air'")


def test_a_pool_that_is_kept_and_not_licensed_takes_no_grant(trust):
    """Grants need disposition licensed_only, whatever was offered before; a vote back opens the way again."""
    offered = approved(trust)
    draft = trust["uni"].post(f"{LIC}/applications", WANTED).json
    count = "SELECT count(*) FROM licensing.data_grant"
    before = trust.sql(count)
    dispose(trust, "held")
    try:
        digest = trust["uni"].get(f"{LIC}/offers/{offered['offer_id']}").json["agreement_hash"]
        refused(trust["uni"].send("POST", f"{LIC}/offers/{offered['offer_id']}/accept", {"agreement_hash": digest}), 409, "not_allowed_here")
        refused(trust["uni"].send("POST", f"{LIC}/applications/{draft['id']}/submit", {}), 409, "not_allowed_here")
        assert trust.sql(count) == before
    finally:
        dispose(trust, "licensed_only")
    assert trust.accept_offer("uni", offered["offer_id"])["grant_state"] == "active"
    assert trust["uni"].post(f"{LIC}/applications/{draft['id']}/submit", {}).status == 200
