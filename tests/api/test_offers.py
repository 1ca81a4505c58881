# SPDX-License-Identifier: AGPL-3.0-or-later
"""Offers and agreements: what an offer freezes, the ways to accept it, both signatures, the grant that comes of it, and how it ends."""
import base64
import hashlib
import json
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from applying import LONG, agreed, apply, approved, as_owner, canonical, prepare, rewrite, wait_for_state
from stack import eventually
from trust import LIC


@pytest.fixture(scope="module")
def trust(stack):
    made = stack.trust(changes=LONG)
    prepare(made)
    yield made
    stack.release(made)


def unpad(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def pad(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def refused(answer, status, slug, pointer=None):
    assert answer.status == status and answer.json["type"].endswith("/" + slug), answer.raw
    if pointer:
        assert [e["pointer"] for e in answer.json["errors"]] == [pointer], answer.raw


def sign(key, payload, kid=None, **header):
    x = key.public_key().public_bytes_raw() if hasattr(key.public_key(), "public_bytes_raw") else raw(key)
    head = {"alg": "EdDSA", "kid": kid or thumbprint(x), **header}
    body = pad(json.dumps(head).encode()) + "." + pad(payload.encode())
    return body + "." + pad(key.sign(body.encode()))


def raw(key):
    from cryptography.hazmat.primitives import serialization
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def thumbprint(x):
    return pad(hashlib.sha256(json.dumps({"crv": "Ed25519", "kty": "OKP", "x": pad(x)}, separators=(",", ":")).encode()).digest())


def register(trust, who, key, name="signing machine", **jwk):
    return trust[who].post(f"{LIC}/organisations/{trust.organisations[who]}/keys",
                           {"name": name, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": pad(raw(key)), **jwk}}).json


def verify_signatures(trust, agreement):
    """Both signatures of an agreement, verified without the trust's code."""
    body = agreement["body"]
    assert hashlib.sha256(canonical(body).encode()).hexdigest() == agreement["agreement_hash"]
    by = {s["party"]: s for s in agreement["signatures"]}
    assert set(by) == {"licensee", "trust"}
    acceptance = by["licensee"]["signed"]
    assert acceptance["agreement_hash"] == agreement["agreement_hash"]
    keys = {k["kid"]: unpad(k["x"]) for k in trust.public.get("/.well-known/jwks.json").json["keys"]}
    head, payload, signature = by["trust"]["signature"].split(".")
    kid = json.loads(unpad(head))["kid"]
    assert json.loads(unpad(head))["alg"] == "EdDSA"
    Ed25519PublicKey.from_public_bytes(keys[kid]).verify(unpad(signature), f"{head}.{payload}".encode())
    assert json.loads(unpad(payload)) == {"agreement_hash": agreement["agreement_hash"], "acceptance": acceptance}
    assert by["trust"]["signed"] == json.loads(unpad(payload))
    return by["licensee"]


def test_an_offer_freezes_what_was_matched(trust):
    application = approved(trust)
    found = trust["uni"].get(f"{LIC}/offers/{application['offer_id']}").json
    offer = found["offer"]
    assert {"terms_sha256", "terms_version", "rule", "purpose", "actions", "columns", "modes", "region", "tier", "price", "duties", "prohibited_acts",
            "prohibitions", "conditions", "quotas", "licensee", "not_before", "not_after", "notice_period_days", "min_cohort"} <= set(offer)
    assert offer["rule"] == "P1" and offer["tier"] == "free" and offer["price"]["base"] == {"minor": 0, "currency": "EUR"}
    assert offer["columns"] == [{"name": "lat", "rule": "round:2"}, {"name": "lon", "rule": "round:2"}, {"name": "at", "rule": "trunc:hour"},
                                {"name": "pm10", "rule": "keep"}]
    assert [d["id"] for d in offer["duties"]] == ["D1", "D2"] and "reidentify" in offer["prohibited_acts"]
    assert [r["id"] for r in offer["prohibitions"]] == ["X1", "X2"]
    assert offer["members_covered"] == 6 and offer["rows_covered"] is None, "fewer than five rows are not told"
    assert offer["exclusive"] is False and offer["transferable"] is False and offer["max_days"] == 90
    assert hashlib.sha256(canonical(offer).encode()).hexdigest() == found["sha256"]
    assert hashlib.sha256(canonical(found["agreement"]).encode()).hexdigest() == found["agreement_hash"]
    assert {k: found["agreement"][k] for k in offer} == offer and found["agreement"]["parties"] == {"licensor": trust.charter["name"], "licensee": "University"}
    assert trust.sql("SELECT valid_until - at BETWEEN interval '30 days' - interval '2 seconds' AND interval '30 days' + interval '2 seconds' FROM licensing.offer "
                     "WHERE id = %s", application["offer_id"])[0][0]


def test_who_accepts_and_what(trust):
    application = approved(trust)
    path, body = f"{LIC}/offers/{application['offer_id']}/accept", {"agreement_hash": trust["uni"].get(f"{LIC}/offers/{application['offer_id']}")["agreement_hash"]}
    refused(trust["ann"].send("POST", path, body), 403, "forbidden")
    refused(trust["firm"].send("POST", path, body), 404, "not_found")
    refused(trust["uni"].send("POST", path, {"agreement_hash": "0" * 64}), 409, "stale")
    refused(trust["uni"].send("POST", path, {}), 422, "invalid", "/agreement_hash")
    made = trust["uni"].post(path, body).json
    verify_signatures(trust, made)
    assert made["body"]["application"] == application["id"] and made["grant_state"] in ("pending", "active")
    refused(trust["uni"].send("POST", path, body), 409, "not_allowed_here")
    leaves = trust.sql("SELECT payload -> 'body' ->> 'party' FROM log.outbox WHERE topic = 'leaf' AND payload ->> 'type' = 'agreement' "
                       "AND payload -> 'body' ->> 'agreement_hash' = %s ORDER BY 1", made["agreement_hash"])
    assert leaves == [("licensee",), ("trust",)]
    assert [a["id"] for a in trust["uni"].get(f"{LIC}/agreements").json["items"] if a["id"] == made["id"]] == [made["id"]]
    assert made["id"] not in [a["id"] for a in trust["firm"].get(f"{LIC}/agreements").json["items"]]
    assert trust["firm"].send("GET", f"{LIC}/agreements/{made['id']}").status == 404


def test_a_session_without_fresh_proof_accepts_nothing(trust):
    """A signatory who never turned the second factor on."""
    email = "sol@uni.example"
    added = trust["uni"].post(f"{LIC}/organisations/{trust.organisations['uni']}/persons", {"person": "Sol", "email": email, "role": "signatory"}).json
    sol = trust.add("sol", added["invite"], email)
    application = approved(trust)
    found = sol.get(f"{LIC}/offers/{application['offer_id']}").json
    refused(sol.send("POST", f"{LIC}/offers/{application['offer_id']}/accept", {"agreement_hash": found["agreement_hash"]}), 403, "fresh_sign_in_required")
    refused(sol.send("POST", f"{LIC}/organisations/{trust.organisations['uni']}/keys",
                     {"name": "k", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": pad(raw(Ed25519PrivateKey.generate()))}}), 403, "fresh_sign_in_required")


def test_acceptance_by_a_registered_key(trust):
    key, other, ended = (Ed25519PrivateKey.generate() for _ in range(3))
    register(trust, "uni", key)
    gone = register(trust, "uni", ended)
    trust["uni"].post(f"{LIC}/organisations/{trust.organisations['uni']}/end-key", {"kid": gone["kid"]})
    application = approved(trust)
    path, digest = f"{LIC}/offers/{application['offer_id']}/accept", trust["uni"].get(f"{LIC}/offers/{application['offer_id']}")["agreement_hash"]
    good = sign(key, digest)
    head, payload, signature = good.split(".")
    none = pad(b'{"alg":"none","kid":"' + thumbprint(raw(key)).encode() + b'"}') + "." + payload + "."
    hmac_head = pad(json.dumps({"alg": "HS256", "kid": thumbprint(raw(key))}).encode())
    for jws in (none, f"{hmac_head}.{payload}.{signature}", sign(other, digest), sign(other, digest, kid=thumbprint(raw(key))), sign(ended, digest),
                sign(key, "0" * 64), sign(key, digest + "0"), sign(key, digest, crit=["exp"]), head + "." + payload, good[:-4] + "AAAA", "x"):
        refused(trust["uni"].send("POST", path, {"agreement_hash": digest, "jws": jws}), 422, "invalid", "/jws")
    refused(trust["ann"].send("POST", path, {"agreement_hash": digest, "jws": good}), 403, "forbidden")
    made = trust["uni"].post(path, {"agreement_hash": digest, "jws": good}).json
    licensee = verify_signatures(trust, made)
    assert licensee["method"] == "jws" and licensee["signature"] == good and licensee["signed"]["kid"] == thumbprint(raw(key))


def test_a_foreign_key_accepts_nothing(trust):
    key = Ed25519PrivateKey.generate()
    register(trust, "firm", key)
    application = approved(trust)
    digest = trust["uni"].get(f"{LIC}/offers/{application['offer_id']}")["agreement_hash"]
    refused(trust["uni"].send("POST", f"{LIC}/offers/{application['offer_id']}/accept", {"agreement_hash": digest, "jws": sign(key, digest)}), 422, "invalid", "/jws")


def test_conditions_of_the_council_become_members_of_offer_and_grant(trust):
    application = apply(trust, restriction="We publish street names.")
    assert application["state"] == "council_review"
    conditions = [{"id": "k1", "columns": [{"name": "at", "rule": "trunc:day"}, {"name": "pm10", "rule": "drop"}]}, {"id": "k2", "max_days": 30},
                  {"id": "k3", "min_cohort": 6}, {"id": "k4", "modes": ["download"]}, {"id": "k5", "quotas": [{"meter": "rows", "period": "day", "limit": 500}]},
                  {"id": "k6", "duties": [{"id": "R1", "act": "publish_results"}]}, {"id": "k7", "text": "Results name no street."}]
    check = lambda list_: trust.sql("SELECT licensing.check_conditions(%s, %s)", application["id"], json.dumps(list_))[0][0]["errors"]
    assert check(conditions) == []
    assert [e["pointer"] for e in check([{"id": "w", "columns": [{"name": "at", "rule": "trunc:minute"}]}, {"id": "x", "max_days": 91}])] == [
        "/0/columns", "/1/max_days"]
    rewrite(trust, "governance.council_case", "guard", "UPDATE governance.council_case SET state = 'decided', approved = true, decided_at = clock_timestamp(), conditions = "
                    f"'{json.dumps(conditions)}', kept_conditions = '{json.dumps(conditions)}' WHERE subject = '{application['id']}'")
    offered = wait_for_state(trust, "uni", application["id"], "offered")
    offer = trust["uni"].get(f"{LIC}/offers/{offered['offer_id']}")["offer"]
    assert offer["conditions"] == conditions and offer["modes"] == ["download"] and offer["min_cohort"] == 6
    assert offer["columns"] == [{"name": "lat", "rule": "round:2"}, {"name": "lon", "rule": "round:2"}, {"name": "at", "rule": "trunc:day"}]
    assert offer["quotas"] == [{"meter": "rows", "period": "day", "limit": 500}] and [d["id"] for d in offer["duties"]] == ["D1", "D2", "R1"]
    made = trust.accept_offer("uni", offered["offer_id"])
    assert trust.sql("SELECT plan, min_cohort, modes, quotas, extract(epoch FROM until_at - from_at)::bigint FROM licensing.data_grant WHERE id = %s",
                     made["grant_id"])[0] == (offer["columns"], 6, ["download"], offer["quotas"], 30 * 86400)
    answer = "SELECT (a).outcome FROM licensing.check_grant(%s, 'read', ARRAY[%s], %s) AS a"
    eventually("active grant", lambda: trust.sql("SELECT state = 'active' FROM licensing.data_grant WHERE id = %s", made["grant_id"])[0][0])
    assert trust.sql(answer, made["grant_id"], "lat", "download")[0][0] == "ok"
    assert trust.sql(answer, made["grant_id"], "pm10", "download")[0][0] == "column_not_granted"
    assert trust.sql(answer, made["grant_id"], "lat", "query")[0][0] == "mode_not_granted"


def test_a_licensee_terminates(trust):
    made = agreed(trust)
    path = f"{LIC}/agreements/{made['id']}/terminate"
    refused(trust["ann"].send("POST", path, {}), 403, "forbidden")
    refused(trust["firm"].send("POST", path, {}), 404, "not_found")
    epoch = trust.sql("SELECT epoch FROM licensing.data_grant WHERE id = %s", made["grant_id"])[0][0]
    over = trust["uni"].post(path, {"text": "The project is done."}).json
    assert over["over"] and over["grant_state"] == "closed" and over["events"][0]["kind"] == "terminated"
    assert trust.sql("SELECT epoch FROM licensing.data_grant WHERE id = %s", made["grant_id"])[0][0] > epoch, "tokens die at once"
    refused(trust["uni"].send("POST", path, {}), 409, "not_allowed_here")


def order_to_revoke(trust, grant, cause):
    """A decision of the board in force, without its vote."""
    tables = ("governance.proposal", "governance.grant_order")
    trust.unguarded(
        *[f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables],
        "INSERT INTO governance.proposal (id, type, state, state_at, author, subject, created_at) SELECT '%s', 'board_decision', 'in_force', now(), "
        "member_id, 'test', now() FROM governance.office_in_force WHERE body = 'board' LIMIT 1" % (proposal := str(uuid.uuid4())),
        f"INSERT INTO governance.grant_order (id, proposal_id, n, grant_id, act, cause, at) VALUES ('{uuid.uuid4()}', '{proposal}', 1, '{grant}', 'revoke', "
        f"'{cause}', clock_timestamp())",
        *[f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables])


def test_the_trust_terminates_by_an_order_of_the_board_alone(trust):
    made = agreed(trust)
    look = lambda: trust["uni"].get(f"{LIC}/agreements/{made['id']}").json
    path = f"{LIC}/agreements/{made['id']}/terminate"
    answer = trust["lin"].send("POST", path, {"text": "No attribution on the web page."})
    refused(answer, 403, "forbidden")
    assert "order of the board" in answer.json["detail"]
    refused(trust["lin"].send("POST", path, {"cause": "reidentification", "text": "x"}), 422, "invalid")
    order_to_revoke(trust, made["grant_id"], "No attribution on the web page.")
    trust.wait_sql("a hearing", "SELECT count(*) = 1 FROM licensing.hearing WHERE grant_id = %s", made["grant_id"])
    found = look()
    assert not found["over"] and found["events"] == [] and found["grant_state"] == "active", "fourteen days to cure"
    rewrite(trust, "licensing.hearing", "append_only", f"UPDATE licensing.hearing SET closes_at = clock_timestamp() WHERE grant_id = '{made['grant_id']}'")
    trust.sql("SELECT licensing.wake_grant(%s)", made["grant_id"])
    found = eventually("the end", lambda: (lambda x: x["over"] and x)(look()))
    assert found["grant_state"] == "revoked"
    assert [(e["kind"], e["party"], e["cause"]) for e in found["events"]] == [("terminated", "trust", "No attribution on the web page.")]
    refused(trust["uni"].send("POST", path, {}), 409, "not_allowed_here")


def test_reidentification_ends_an_agreement_at_once_and_the_panel_brings_it_back(trust):
    made = agreed(trust)
    look = lambda: trust["uni"].get(f"{LIC}/agreements/{made['id']}").json
    order_to_revoke(trust, made["grant_id"], "reidentification: a member was named")
    found = eventually("the end", lambda: (lambda x: x["over"] and x)(look()))
    assert found["grant_state"] == "revoked" and found["events"][0]["kind"] == "terminated"
    trust["uni"].post(f"{LIC}/grants/{made['grant_id']}/appeal", {"statement": "It was somebody else."})
    trust.unguarded("ALTER TABLE governance.panel_case DISABLE TRIGGER USER",
                    "UPDATE governance.panel_case SET state = 'decided', closes_at = NULL, decided_at = now(), upheld = false WHERE kind = 'revocation' AND "
                    f"subject = '{made['grant_id']}'", "ALTER TABLE governance.panel_case ENABLE TRIGGER USER")
    found = eventually("the agreement again", lambda: (lambda x: not x["over"] and x)(look()))
    assert [e["kind"] for e in found["events"]] == ["terminated", "reinstated"]
    eventually("the grant again", lambda: trust.sql("SELECT state FROM licensing.data_grant WHERE id = %s", made["grant_id"])[0][0] != "revoked")
    assert trust["uni"].post(f"{LIC}/agreements/{made['id']}/terminate", {}).json["over"], "a termination by the licensee stands"


def test_an_offer_that_lapses(trust):
    application = approved(trust)
    rewrite(trust, "licensing.offer", "append_only", f"UPDATE licensing.offer SET valid_until = clock_timestamp() WHERE id = '{application['offer_id']}'")
    assert wait_for_state(trust, "uni", application["id"], "lapsed")["offer_id"] is None


def test_the_database_refuses_agreements_no_trust_may_make(trust):
    """As the owner of the schema, with every trigger and constraint as it is for everybody."""
    application = approved(trust)
    columns = ("(id, offer_id, organisation_id, pool_id, purpose, terms_sha256, sha256, body, canonical, exclusive, transferable, from_at, until_at)")
    select = ("SELECT log.new_id(), o.id, a.organisation_id, a.pool_id, {purpose}, o.body ->> 'terms_sha256', {sha}, {body}, {text}, {exclusive}, {transferable}, "
              f"now(), {{until}} FROM licensing.offer AS o JOIN licensing.application AS a ON a.id = o.application_id WHERE o.id = '{application['offer_id']}'")
    plain = {"purpose": "a.purpose", "sha": "o.agreement_hash", "body": "o.agreement", "text": "log.canonical(o.agreement)", "exclusive": "false",
             "transferable": "false", "until": "now() + interval '30 days'"}

    def attempt(*before, **changes):
        return as_owner(trust, f"INSERT INTO licensing.agreement {columns} " + select.format(**{**plain, **changes}), before=before)

    assert attempt() is None, "the control"
    assert attempt(exclusive="true") == "23514" and attempt(transferable="true") == "23514"
    assert attempt(until="now() + interval '94694401 seconds'") == "23514" and attempt(until="'infinity'") == "23514" and attempt(until="NULL") == "23502"
    assert attempt(purpose="'PG.STATS'") == "23514", "another purpose than the body's"
    assert attempt(body="o.agreement || '{\"exclusive\": true}'") == "23514"
    changed = "o.agreement || '{\"min_cohort\": 1}'"
    assert attempt(body=changed, text=f"log.canonical({changed})", sha=f"encode(sha256(convert_to(log.canonical({changed}), 'UTF8')), 'hex')") == "23514", "not what was offered"
    assert attempt("SET LOCAL session_replication_role = replica", "ALTER EVENT TRIGGER commonhold_ddl DISABLE", "ALTER TABLE governance.prohibition DISABLE TRIGGER enacted",
                   "INSERT INTO governance.prohibition (id, purpose, from_at, proposal_id) VALUES (log.new_id(), 'PG', now() - interval '1 second', log.new_id())",
                   "SET LOCAL session_replication_role = origin") == "23514", "prohibited"


def test_every_grant_has_its_agreement_signatures_and_evaluation(trust):
    """N4, over all that this file made."""
    rows = trust.sql("SELECT g.agreement_id::text, g.terms_sha256, a.terms_sha256, e.terms_sha256, e.decision, o.case_id IS NULL OR d.approved "
                     "FROM licensing.data_grant AS g JOIN licensing.agreement AS a ON a.id = g.agreement_id JOIN licensing.offer AS o ON o.id = a.offer_id "
                     "JOIN licensing.evaluation AS e ON e.id = g.evaluation_id LEFT JOIN governance.council_decision AS d ON d.case_id = o.case_id")
    assert len(rows) >= 5 and len(rows) == trust.sql("SELECT count(*) FROM licensing.data_grant")[0][0]
    for agreement, ours, agreed_, matched, decision, allowed in rows:
        assert ours == agreed_ == matched and allowed and (decision == "permit" or decision == "council")
        verify_signatures(trust, trust["lin"].get(f"{LIC}/agreements/{agreement}").json)
