# SPDX-License-Identifier: AGPL-3.0-or-later
"""Attacks on licensing over HTTP, by people who are signed in and by nobody. What the OpenAPI document says drives the first half: every
route gets every kind of broken body, address, header and somebody else's id; that every answer is one of the document is looked at in conftest.

Where each attack of the standard's section 16 is tried:
| attack | test |
|---|---|
| UPDATE or DELETE of an event as each role | test_invariants.login_roles_write_nothing; test_consents.events_are_never_changed_whoever_tries; test_grants.what_happened_to_a_grant_cannot_be_rewritten |
| backdated consent, consent for another member | here (consents_of_another_time_or_person); test_consents.implied_backdated_and_foreign_consent_is_refused |
| X.* through a second parent | here (x_through_a_second_parent); test_terms.what_is_no_terms_document; sql/purpose_tree.sql |
| terms edited between vote and enactment; widened terms with the old floor | test_terms.edited_between_vote_and_enactment; test_terms.a_wrong_notice_floor |
| accept with a stale hash, sign as non-signatory | here (the_second_door_to_an_agreement); test_offers.who_accepts_and_what; test_offers.a_foreign_key_accepts_nothing |
| raised scope, other aud, alg none, old epoch | here (scopes_of_others); test_tokens.forged_and_stale_tokens_deliver_nothing; test_tokens.forged_assertions_are_refused |
| column name with quotes | here (every_word_of_an_application_is_judged); test_pools.a_column_is_named_plainly; test_metering.hostile_queries |
| Upload-Metadata, PATCH beyond the length | here (another_members_upload); test_uploads.bad_metadata_is_400, file_names_are_never_paths, patch_refused |
| CSV with NUL, a huge field, bare CR, formula cells; NDJSON depth bomb | test_contributions.csv_that_is_refused_and_why, formulas_stay_text_and_a_huge_field_is_one_error, ndjson_that_is_refused_and_why |
| webhook addresses, a name that resolves differently, a redirect | here (addresses_of_webhooks); test_webhooks.such_an_address_is_not_registered, an_address_is_judged_again_at_each_attempt, a_redirect_is_named |
| enumeration of others' ids | here (others_ids_tell_nothing, lists_hold_nothing_of_others, others_ids_in_bodies) |
| free tier with a lapsed attestation | here (a_lapsed_attestation_gives_no_free_tier); test_duties, test_tokens |
| vote by a conflicted council member | test_application_flow.votes_at_the_application; test_council.who_may_not_vote, staff_of_the_organisation_does_not_vote |
| a direct identifier, a column not in the terms | here (every_word_of_an_application_is_judged); test_refusals.direct_identifier_is_not_delivered |
"""
import base64
import json
import re
import uuid

import pytest

import applying
import documented
from applying import WANTED, canonical
from client import Client
from cycled import unchanged
from granted import b64, thumbprint
from trust import LIC, sensor_schema, sensor_terms

DOCUMENT = documented.load("licensing")
ROUTES = documented.routes(DOCUMENT)
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ANNOUNCED = {"pool": "air", "format": "csv", "dialect": {}, "provenance": {
    "source": "device", "software": "x", "period": {"from": "2026-05-04", "until": "2026-05-04"}, "method": "m", "processing": "none"},
    "licence": {"kind": "own_data", "charter_version": 1}}
GIVEN = {"pool": "air", "purpose": "PG.CLIMATE", "recipient_classes": ["university"], "state": "given", "type": "expressed", "notice": 1, "language": "en"}


class Recorder:
    """Looks over every client's shoulder: routes that were answered, and writes that had a key. What was answered is conftest's to judge."""

    def __init__(self):
        self.keyed, self.answered = {}, set()
        self.once = Client._once

    def watch(self, client, method, path, body, headers):
        answer = self.once(client, method, path, body, headers)
        route = next((r for r in ROUTES if r.method == method and r.match(path.split("?")[0])), None)
        if route:
            self.answered.add(route)
            if method == "POST" and answer.status in (200, 201) and "Idempotency-Key" in [p["name"] for p in route.of("header")]:
                self.keyed.setdefault(str(route), (client, path, body, headers["Idempotency-Key"], answer))
        return answer


@pytest.fixture(scope="module")
def recorder():
    made = Recorder()
    Client._once = lambda *arguments: made.watch(*arguments)
    yield made
    Client._once = made.once


class World:
    """One of each noun: of the university and of ada. `firm` and `zoe` are the others."""

    def __init__(self, trust):
        self.trust = trust
        applying.prepare(trust)
        trust.join("zoe", "U", "Zoe", "mo")
        ada, uni = trust["ada"], trust["uni"]
        trust.draft_pool("lin", "draft", "A draft", sensor_schema())
        contribution = ada.post(f"{LIC}/contributions", ANNOUNCED).json["id"]
        ada.post(f"{LIC}/consents", GIVEN)
        self.agreed = applying.agreed(trust)
        self.offered = applying.approved(trust, purpose="PG.EDU")
        draft = uni.post(f"{LIC}/applications", {**WANTED, "purpose": "PG.STATS"}).json["id"]
        self.program = uni.post(f"{LIC}/clients", {"name": "reader"}).json
        hook = uni.post(f"{LIC}/webhooks", {"url": "https://hooks.uni.example/in", "types": ["consent.tombstones"]}).json["id"]
        terms = ada.post(f"{LIC}/terms", {"doc": {**sensor_terms("air"), "version": 7}}).json["id"]
        grant = self.agreed["grant_id"]
        self.ids = {"pools": "draft", "contributions": contribution, "uploads": self.open_upload("ada", contribution), "terms": terms,
                    "consents": trust.sql("SELECT id::text FROM licensing.consent_event WHERE member_id = %s", ada.subject)[0][0],
                    "organisations": trust.organisations["uni"], "applications": draft, "offers": self.offered["offer_id"],
                    "agreements": self.agreed["id"], "grants": grant, "clients": self.program["client_id"], "webhooks": hook,
                    "duty": uni.get(f"{LIC}/grants/{grant}/duties").json["items"][0]["id"], "pool": "air"}
        trust.wait_sql("the worker to be idle", "SELECT NOT EXISTS (SELECT FROM job.job WHERE state IN ('waiting', 'running') AND run_at < now())")

    def open_upload(self, who, contribution, length=100):
        metadata = f"contribution {base64.b64encode(contribution.encode()).decode()}"
        made = self.trust[who].post(f"{LIC}/uploads", raw=b"", headers={**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata})
        return made.headers["Location"].rsplit("/", 1)[-1]

    def person(self, name):
        return self.trust.public if name is None else self.trust[name]

    def path(self, route, ids=None, **more):
        """The address of the thing of this world, or of that of `ids`."""
        ids = ids or self.ids
        return route.fill(**{"id": ids.get(route.path.split("/")[3], ""), "pool": ids["pool"], "duty": ids["duty"], **more})

    def send(self, name, route, body=None, path=None, **headers):
        sent = {"If-Match": '"v1"'} if any(p["name"] == "If-Match" for p in route.of("header")) else {}
        raw = None
        if "/uploads" in route.path:
            sent.update(CHUNK)
            raw = b"abc" if route.method in ("PATCH", "POST") else None
        elif body is not None:
            sent["Content-Type"] = "application/json"
            raw = bytes(body) if isinstance(body, documented.Raw) else json.dumps(body).encode()
        return self.person(name).send(route.method, path or self.path(route), raw=raw, headers={**sent, **headers})

    def actor(self, route):
        """Whoever is let as far as the body, or the thing; tried only where trying does nothing."""
        for name in ("uni", "lin", "ada") if route.body or route.method == "GET" else ():
            if self.send(name, route, []).status not in (401, 403, 404):
                return name
        return "uni"


@pytest.fixture(scope="module")
def world(recorder, stack):
    trust = stack.trust(changes=applying.LONG)
    yield World(trust)
    stack.release(trust)


def slug(answer):
    return answer.json.get("type", "").rsplit("/", 1)[-1]


def refused(answer, status, expected, pointer=None):
    assert (answer.status, slug(answer)) == (status, expected), answer.raw[:400]
    assert pointer is None or pointer in [e["pointer"] for e in answer["errors"]], answer.raw[:400]


def problem_in(answer):
    """What is wrong with a refusal as such; None when it is a problem document that helps."""
    if not 400 <= answer.status < 500:
        return f"{answer.status} {answer.raw[:120]}"
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json") or not answer.headers.get("X-Request-Id"):
        return "no problem document"
    document = answer.json
    if document["status"] != answer.status or not document["title"] or not document["type"].startswith("/problems/"):
        return f"a problem that says {document}"
    pointers = [e["pointer"] for e in document.get("errors", []) if e.get("detail")]
    if answer.status == 422 and (not pointers or any(p and not p.startswith("/") for p in pointers)):
        return f"no pointer: {answer.raw[:200]}"
    return None


# -- bodies ---------------------------------------------------------------

def base_of(route):
    """What the broken bodies of a route are made of."""
    if "/terms" not in route.path:
        return documented.sample(DOCUMENT, route.body)
    doc = sensor_terms("air")
    return {"doc": {**doc, "columns": doc["columns"][:2], "tiers": doc["tiers"][:1], "duties": doc["duties"][:2], "rules": doc["rules"][:1],
                    "prohibited_acts": ["reidentify"]}}


@pytest.mark.parametrize("route", [r for r in ROUTES if r.body], ids=str)
def test_bodies_that_the_document_does_not_allow(world, route):
    """Wrong types, unknown and missing members, nesting, huge texts, NUL, lone surrogates, what is no JSON: refused, and nothing changes."""
    who, found = world.actor(route), []
    with unchanged(world.trust):
        for name, body in documented.mutants(DOCUMENT, route.body, base_of(route)):
            wrong = problem_in(world.send(who, route, body))
            if wrong:
                found.append((name, wrong))
    assert found == []


def other_text(body):
    """The body with one free text changed; None where it has none."""
    free = ("name", "title", "project", "statement", "text", "evidence", "description", "method", "person", "language", "address")
    for where in documented.places(body):
        value = body
        for key in where:
            value = value[key]
        if where[-1] in free and isinstance(value, str):
            return documented.changed(body, where, "de" if where[-1] == "language" else value + " and more")
    return None


def test_the_same_key_with_another_body(world, recorder):
    """Of every kind of write that the world was made with: the repeat is answered as the first time, another body is a conflict."""
    tried = []
    with unchanged(world.trust, but=("portal.invite",)):
        for name, (client, path, raw, key, first) in recorder.keyed.items():
            if not raw:
                continue
            body, headers = json.loads(raw), {"Idempotency-Key": key}
            again = client.send("POST", path, body, headers)
            assert again.status == first.status, (name, again.raw[:300])
            shown_once = ("client_secret", "secret", "invite")
            assert {k: v for k, v in again.json.items() if k not in shown_once} == {k: v for k, v in first.json.items() if k not in shown_once}, name
            if other_text(body) is not None:
                refused(client.send("POST", path, other_text(body), headers), 409, "idempotency_conflict")
                tried.append(name)
    assert len(tried) >= 6, tried


def test_the_same_key_for_another_thing(world):
    """A key belongs to the thing it was used for: nobody is told that B has been done because A was."""
    uni, ada, key = world.trust["uni"], world.trust["ada"], {"Idempotency-Key": str(uuid.uuid4())}
    drafts = [uni.post(f"{LIC}/applications", WANTED).json["id"] for _ in range(2)]
    files = [ada.post(f"{LIC}/contributions", ANNOUNCED).json["id"] for _ in range(2)]
    for who, path, (done, other) in ((uni, "applications", drafts), (ada, "contributions", files)):
        assert who.post(f"{LIC}/{path}/{done}/withdraw", {}, headers=key).json["state"] == "withdrawn"
        refused(who.send("POST", f"{LIC}/{path}/{other}/withdraw", {}, key), 409, "idempotency_conflict")
        assert who.get(f"{LIC}/{path}/{other}").json["state"] in ("draft", "awaiting_upload")
    refused(uni.send("POST", f"{LIC}/applications", {}, key), 409, "idempotency_conflict")


# -- addresses and headers -------------------------------------------------

HOSTILE_IDS = ["%00", "a%00b", "'", "%22", "%2e%2e%2f", "x" * 500, "0", "-1", "%20", "null", "%0d%0aX:%20y", "{" + str(uuid.uuid4()) + "}", "%F0%9F%98%80"]
NOT_UTF8 = ["%ff%fe", "%ed%a0%80", "%c0%af"]
HOSTILE_VALUES = ["", "-1", "abc", "9" * 20, "a%00b", "'", "x" * 3000, "1.5", str(uuid.uuid4()), "%F0%9F%98%80"]


def hostile_paths(world, ids):
    """(route, address) for each parameter of each route in each of these guises."""
    for route in ROUTES:
        for name in re.findall(r"\{([a-z_]+)\}", route.path):
            for text in ids:
                yield route, world.path(route, **{name: "PLACE"}).replace("PLACE", text)


def wrong_paths(world, ids):
    for route, path in hostile_paths(world, ids):
        body = base_of(route) if route.body else None
        for who in ("uni", "lin" if "/pools" in route.path else "ada", None):
            answer = world.send(who, route, body, path)
            wrong = f"{answer.status}" if route.method == "HEAD" and answer.status >= 500 else route.method != "HEAD" and problem_in(answer)
            if wrong:
                yield f"{route} {path} as {who}: {wrong}"


def test_ids_that_are_none(world):
    with unchanged(world.trust):
        assert list(wrong_paths(world, HOSTILE_IDS)) == []


def test_ids_that_are_not_utf8(world):
    with unchanged(world.trust):
        assert list(wrong_paths(world, NOT_UTF8)) == []


def wrong_queries(world, values):
    for route in (r for r in ROUTES if r.method == "GET"):
        who = world.actor(route)
        for name in [p["name"] for p in route.of("query")] + ["surplus"]:
            for value in [*values, *(f"1&{name}={v}" for v in values[:1])]:
                answer = world.send(who, route, path=f"{world.path(route)}?{name}={value}")
                if answer.status >= 400 and problem_in(answer) or answer.status >= 500:
                    yield f"{route} ?{name}={value[:20]} as {who}: {answer.status}"


def test_queries_that_are_none(world):
    assert list(wrong_queries(world, HOSTILE_VALUES)) == []


def test_queries_that_are_not_utf8(world):
    assert list(wrong_queries(world, NOT_UTF8)) == []


def test_pages_of_a_size_that_is_none(world):
    for route in (r for r in ROUTES if r.method == "GET"):
        for limit in [p["schema"] for p in route.of("query") if p["name"] == "limit"]:
            who = world.actor(route)
            for value in ("0", "-1", str(limit["maximum"] + 1), "abc", "1.5", "+5", ""):
                answer = world.send(who, route, path=f"{world.path(route)}?limit={value}")
                assert answer.status == 400, (route, value, answer.raw[:200])
            assert world.send(who, route, path=f"{world.path(route)}?limit={limit['maximum']}").status == 200, route


def test_ids_in_upper_case_are_the_same_thing_or_none(world):
    for route in (r for r in ROUTES if r.method == "GET" and "{id}" in r.path):
        who = world.actor(route)
        plain = world.send(who, route)
        upper = world.send(who, route, path=re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda found: found.group(0).upper(), world.path(route)))
        assert upper.status == 404 or (upper.status, upper.raw) == (plain.status, plain.raw), route


def test_content_types_csrf_and_keys(world):
    """A body of another type, a cookie without its token, a key that is none: nothing is done, whatever the route."""
    with unchanged(world.trust):
        for route in (r for r in ROUTES if r.method in ("POST", "PUT", "PATCH", "DELETE") and "/oauth/" not in r.path and "/uploads" not in r.path):
            who = world.actor(route)
            body = base_of(route) if route.body else None
            for kind in ("text/plain", "application/xml", FORM["Content-Type"], "multipart/form-data", "application/jsonx", "") if route.body else ():
                refused(world.send(who, route, body, **{"Content-Type": kind}), 415, "unsupported_type")
            for token in ("", "wrong", "x" * 4000):
                refused(world.send(who, route, body, **{"X-CSRF-Token": token}), 403, "csrf_refused")
            if route.method == "POST" and route.body:
                for key in ("x" * 129, "", "a b\tc", "\u00e4"):
                    assert problem_in(world.send(who, route, body, **{"Idempotency-Key": key})) is None, (route, key)


def test_methods_that_a_route_does_not_have(world):
    paths = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = route
    with unchanged(world.trust):
        for path, there in paths.items():
            address = world.path(next(iter(there.values())))
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"} - set(there):
                answer = world.trust["uni"].send(method, address, raw=b"")
                assert answer.status in (405, 404, 400), (method, path, answer.raw[:200])
                assert answer.status != 405 or set(answer.headers["Allow"].replace(" ", "").split(",")) >= set(there), (method, path, answer.headers["Allow"])
            hidden = world.trust["uni"].send("POST", address, raw=b"", headers={"X-HTTP-Method-Override": "DELETE"}) if "DELETE" in there and \
                "POST" not in there else None
            assert hidden is None or hidden.status == 405, (path, hidden.status)


# -- what is not one's own -------------------------------------------------

#: Who may read what by the standard: the catalogue is public, members see drafts of pools and terms.
SEEN = {"firm": ("catalogue",), "zoe": ("catalogue", "pools", "terms"), None: ("catalogue",)}


def strange(world):
    """The same nouns with ids that nobody has."""
    return {noun: uuid.uuid4().hex if noun == "clients" else str(uuid.uuid4()) for noun in world.ids}


@pytest.mark.parametrize("who", ["firm", "zoe", None])
def test_others_ids_tell_nothing(world, who):
    """Every route, once with the id of what belongs to others and once with one of nobody: the same answer, byte for byte."""
    differ, own = [], []
    with unchanged(world.trust):
        for route in (r for r in ROUTES if "{" in r.path):
            commands = next((p["schema"]["enum"] for p in route.of("path") if p["name"] == "command"), [None])
            bodies = [documented.sample(DOCUMENT, route.body), documented.sample(DOCUMENT, route.body, whole=False), {}] if route.body else [None]
            for command in commands:
                for body in bodies:
                    theirs, nobodys = (world.send(who, route, body, world.path(route, ids, **({"command": command} if command else {})))
                                       for ids in (world.ids, strange(world)))
                    if route.path.split("/")[3] in SEEN[who] and route.method == "GET":
                        continue
                    if (theirs.status, theirs.raw) != (nobodys.status, nobodys.raw):
                        differ.append((str(route), command, theirs.status, nobodys.status))
                    if theirs.status not in (400, 401, 403, 404, 422):
                        own.append((str(route), command, theirs.status))
    assert differ == [] and own == []


def test_lists_hold_nothing_of_others(world):
    private = {noun: id_ for noun, id_ in world.ids.items() if len(id_) > 20}
    for route in (r for r in ROUTES if r.method == "GET" and "{" not in r.path and not r.path.endswith("/register")):
        for who in SEEN:
            answer = world.send(who, route, path=route.path + ("?limit=100" if route.of("query") and "limit" in str(route.of("query")) else ""))
            told = [noun for noun, id_ in private.items() if id_.encode() in answer.raw and noun not in SEEN[who]]
            assert told == [], (route, who, told)


def test_others_ids_in_bodies(world):
    """Refused at its pointer, and nothing is written."""
    firm, zoe, uni_org = world.trust["firm"], world.trust["zoe"], world.trust.organisations["uni"]
    mine = firm.post(f"{LIC}/applications", {**WANTED, "purpose": "COM.INSIGHT"}).json["id"]
    with unchanged(world.trust):
        refused(firm.send("POST", f"{LIC}/applications", {"copied_from": world.ids["applications"]}), 422, "invalid", "/copied_from")
        refused(firm.send("POST", f"{LIC}/applications/{mine}/copy-from", {"application_id": world.ids["applications"]}), 422, "invalid", "/application_id")
        refused(firm.send("POST", f"{LIC}/applications/{mine}/invite", {"person_id": world.trust["ada"].subject}), 422, "invalid", "/person_id")
        refused(zoe.send("POST", f"{LIC}/contributions", {**ANNOUNCED, "replaces": world.ids["contributions"]}), 422, "invalid", "/replaces")
        refused(firm.send("POST", f"{LIC}/clients", {"name": "x", "data_plane": True, "organisation_id": uni_org}), 403, "forbidden")


def test_a_client_for_another_organisation(world):
    """Somebody else's id in a body is refused, not dropped in silence."""
    with unchanged(world.trust):
        answer = world.trust["firm"].send("POST", f"{LIC}/clients", {"name": "x", "organisation_id": world.trust.organisations["uni"]})
        assert problem_in(answer) is None, answer.raw[:200]


def test_another_members_upload(world):
    """Not seen, not written, not ended, no second one for the same contribution; and its owner writes no byte behind its length."""
    path, metadata = f"{LIC}/uploads/{world.ids['uploads']}", base64.b64encode(world.ids["contributions"].encode()).decode()
    with unchanged(world.trust):
        for who, status in (("zoe", 404), ("lin", 404), ("firm", 403), (None, 401)):
            person = world.person(who)
            assert person.send("HEAD", path, headers=TUS).status == status
            assert person.send("PATCH", path, raw=b"abc", headers=CHUNK).status == status
            assert person.send("DELETE", path, headers=TUS).status == status
            assert person.send("POST", path, raw=b"abc", headers={**CHUNK, "X-HTTP-Method-Override": "PATCH"}).status == status
            made = person.send("POST", f"{LIC}/uploads", raw=b"", headers={**TUS, "Upload-Length": "3", "Upload-Metadata": f"contribution {metadata}"})
            assert made.status == status
        for pairs in ("filename", "filename YQA=", "x /w==", f"contribution {metadata}", "filename ../../x", "filename YQBi", " filename YQ=="):
            answer = world.trust["ada"].send("POST", f"{LIC}/uploads", raw=b"", headers={**TUS, "Upload-Length": "-1",
                                                                                         "Upload-Metadata": f"contribution {metadata},{pairs}"})
            refused(answer, 400, "bad_request")
        refused(world.trust["ada"].send("PATCH", path, raw=b"x" * 101, headers=CHUNK), 413, "too_large")
    assert world.trust["ada"].send("HEAD", path, headers=TUS).headers["Upload-Offset"] == "0"


# -- consents --------------------------------------------------------------

def test_consents_of_another_time_or_person(world):
    ada, zoe = world.trust["ada"], world.trust["zoe"].subject
    with unchanged(world.trust):
        for member, value in (("at", "2020-01-01T00:00:00Z"), ("member", zoe), ("member_id", zoe), ("until", "2020-01-01T00:00:00Z"), ("until", "infinity"),
                              ("until", "2027-02-30T00:00:00Z"), ("type", "implied"), ("state", "requested"), ("notice", 0), ("purpose", "pg.climate"),
                              ("recipient_classes", ["university", "university"])):
            refused(ada.send("POST", f"{LIC}/consents", {**GIVEN, member: value}), 422, "invalid", f"/{member}")
        refused(world.trust["uni"].send("POST", f"{LIC}/consents", GIVEN), 403, "forbidden")
        refused(world.trust["zoe"].send("GET", f"{LIC}/consents/{world.ids['consents']}/receipt"), 404, "not_found")


def test_a_notice_that_is_not_the_current_one(world):
    """It would count for every floor. Refused, and no delivery is held up by it: the pool's epoch stands."""
    with unchanged(world.trust):
        for notice in (2, 1000000):
            refused(world.trust["ada"].send("POST", f"{LIC}/consents", {**GIVEN, "notice": notice}), 409, "stale")


# -- words and purposes ------------------------------------------------------

@pytest.mark.parametrize("change, reason", [
    ({"actions": ["read", "distribute"]}, "core:act-transfer_onward"), ({"actions": ["derive", "sell"]}, "core:act-sell_data"),
    ({"modes": ["download", "delta"]}, "core:mode-unknown"), ({"region": "EEA"}, "core:region-unknown"), ({"region": "ie"}, "core:region-unknown"),
    ({"region": "US"}, "core:default-deny"), ({"columns": ["pm10", "salary"]}, "core:column-unknown"), ({"columns": ["sensor_id"]}, "core:no-columns"),
    ({"columns": ['pm10" FROM pooldata.x; --']}, "core:column-unknown"), ({"columns": ["PM10"]}, "core:column-unknown"),
    ({"purpose": "PG"}, "core:purpose-not-assignable"), ({"purpose": "PG.NONE"}, "core:purpose-unknown")],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else value)
def test_every_word_of_an_application_is_judged(world, change, reason):
    """The second of two as well as the first."""
    found = applying.apply(world.trust, **change)
    assert found["state"] == "refused" and found["reasons"] == [reason] and found["offer_id"] is None


def test_more_days_than_the_rule_gives(world):
    offer = world.trust["uni"].get(f"{LIC}/offers/{applying.apply(world.trust, duration_days=1096)['offer_id']}").json["offer"]
    assert offer["max_days"] == 365 and offer["not_after"][:4] == str(int(offer["not_before"][:4]) + 1)


def test_x_through_a_second_parent(world):
    """X.ADS lies below COM.MARKETING too: terms that permit all below that are no terms, and nobody gets it by asking."""
    doc = sensor_terms("air")
    doc["version"] = 8
    doc["rules"][1].update(purposes=["COM.MARKETING"], descendants=True)
    draft = world.trust["ada"].post(f"{LIC}/terms", {"doc": doc}).json
    assert "/rules/1/purposes" in [e["pointer"] for e in draft["review"]["errors"]]
    proposal = {"type": "terms", "title": "Marketing", "text": "All of it.", "effect": {"schema": "terms_version", "document": draft["doc"]}}
    made = world.trust["ada"].send("POST", "/governance/v1/proposals", proposal)
    if made.status == 201:
        made = world.trust["ada"].send("POST", f"/governance/v1/proposals/{made['id']}/submit")
    assert problem_in(made) is None
    for who in ("uni", "firm"):
        found = applying.apply(world.trust, who, purpose="X.ADS")
        assert found["state"] == "refused" and "X1" in found["reasons"] and any(r.startswith("prohibition:") for r in found["reasons"])


def test_a_lapsed_attestation_gives_no_free_tier(world):
    trust = world.trust
    trust.register_organisation("lapsed", "Lapsed University", "IE", "university", "lin")
    assert applying.apply(trust, "lapsed")["reasons"] == ["core:no-tier"]
    trust.attest("lapsed")
    applying.rewrite(trust, "licensing.attestation", "append_only", "UPDATE licensing.attestation SET attested_at = now() - interval '365 days' "
                     f"WHERE organisation_id = '{trust.organisations['lapsed']}'")
    assert applying.apply(trust, "lapsed")["reasons"] == ["core:no-tier"]
    trust.attest("lapsed")
    applying.rewrite(trust, "licensing.attestation", "unchanged" if trust.sql(
        "SELECT count(*) FROM pg_trigger WHERE tgname = 'unchanged' AND tgrelid = 'licensing.attestation'::regclass")[0][0] else trust.sql(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'licensing.attestation'::regclass AND NOT tgisinternal LIMIT 1")[0][0],
        f"UPDATE licensing.attestation SET attested_at = now() - interval '365 days' WHERE organisation_id = '{trust.organisations['lapsed']}'")
    assert applying.apply(trust, "lapsed")["reasons"] == ["core:no-tier"]
    trust.attest("lapsed")
    assert applying.apply(trust, "lapsed")["reasons"] == ["P1"], "the control: a live one does"


def test_a_class_that_nobody_verified(world):
    trust, email = world.trust, "office@claims.example"
    made = trust.public.post(f"{LIC}/organisations", {"name": "We are public", "country": "IE", "class": "public_body", "person": "P", "email": email}).json
    person = trust.add("claims", made["invite"], email)
    person.post(f"{LIC}/organisations/{made['id']}/attestations", {"kind": "non_commercial", "statement": "Surely."})
    draft = person.post(f"{LIC}/applications", WANTED).json["id"]
    refused(person.send("POST", f"{LIC}/applications/{draft}/submit", {}), 409, "not_allowed_here")
    refused(person.send("POST", f"{LIC}/organisations/{made['id']}/verify-class", {"class": "public_body", "evidence": "I say so"}), 403, "forbidden")


# -- agreements and tokens ---------------------------------------------------

def test_the_second_door_to_an_agreement(world):
    """accept as a command of the application asks for as much as at the offer."""
    trust, path = world.trust, f"{LIC}/applications/{world.offered['id']}/accept"
    digest = trust["uni"].get(f"{LIC}/offers/{world.offered['offer_id']}")["agreement_hash"]
    with unchanged(trust):
        refused(trust["ann"].send("POST", path, {"agreement_hash": digest}), 403, "forbidden")
        refused(trust["lin"].send("POST", path, {"agreement_hash": digest}), 403, "forbidden")
        refused(trust["firm"].send("POST", path, {"agreement_hash": digest}), 404, "not_found")
        refused(trust["uni"].send("POST", path, {"agreement_hash": "0" * 64}), 409, "stale")
        refused(trust["uni"].send("POST", path, {}), 422, "invalid", "/agreement_hash")
        refused(trust["uni"].send("POST", path, {"agreement_hash": digest, "jws": "a.b.c"}), 422, "invalid", "/jws")
        refused(trust["uni"].send("PATCH", f"{LIC}/applications/{world.offered['id']}", {"project": "Else."}, {"If-Match": '"v1"'}), 409, "not_allowed_here")


#: Points of small order: for such a "key" anybody writes signatures, over anything.
SMALL = {"one": "01" + "00" * 31, "minus one": "ec" + "ff" * 30 + "7f", "of order four": "00" * 32,
         "of order eight": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"}


@pytest.mark.parametrize("point", SMALL.values(), ids=SMALL.keys())
def test_a_key_that_everybody_can_sign_with(world, point):
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes.fromhex(point))}
    with unchanged(world.trust):
        refused(world.trust["uni"].send("POST", f"{LIC}/organisations/{world.trust.organisations['uni']}/keys", {"name": "k", "jwk": jwk}), 422, "invalid", "/jwk/x")
        refused(world.trust["uni"].send("POST", f"{LIC}/clients", {"name": "k", "jwk": jwk}), 422, "invalid", "/jwk/x")
        refused(world.trust["uni"].send("POST", f"{LIC}/clients/{world.ids['clients']}/keys", {"jwk": jwk}), 422, "invalid", "/jwk/x")


def test_a_signature_that_nobody_made(world):
    """With the point one as key, 'one, zero' is a signature of everything: an agreement rests on none such."""
    trust, x = world.trust, b64(bytes.fromhex(SMALL["one"]))
    trust["uni"].send("POST", f"{LIC}/organisations/{trust.organisations['uni']}/keys", {"name": "k", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}})
    offer = applying.apply(trust)["offer_id"]
    digest = trust["uni"].get(f"{LIC}/offers/{offer}")["agreement_hash"]
    head = b64(canonical({"alg": "EdDSA", "kid": thumbprint(x)}).encode())
    jws = f"{head}.{b64(digest.encode())}.{b64(bytes.fromhex(SMALL['one']) + bytes(32))}"
    refused(trust["uni"].send("POST", f"{LIC}/offers/{offer}/accept", {"agreement_hash": digest, "jws": jws}), 422, "invalid", "/jws")


def ask(world, **form):
    text = "&".join(f"{name}={value}" for name, value in form.items())
    return world.trust.public.send("POST", f"{LIC}/oauth/token", raw=text.encode(), headers=FORM)


def own(world, **changes):
    return {"grant_type": "client_credentials", "scope": f"grant:{world.ids['grants']}", "client_id": world.program["client_id"],
            "client_secret": world.program["client_secret"], **changes}


def test_scopes_of_others(world):
    """Nobody gets a token for what is not theirs, and cannot tell it from what does not exist."""
    foreign = world.trust["firm"].post(f"{LIC}/clients", {"name": "reader"}).json
    theirs = {"client_id": foreign["client_id"], "client_secret": foreign["client_secret"]}
    with unchanged(world.trust):
        at_uni, at_nobody = ask(world, **own(world, **theirs)), ask(world, **own(world, **theirs, scope=f"grant:{uuid.uuid4()}"))
        assert at_uni.status == 400 and (at_uni.status, at_uni.raw) == (at_nobody.status, at_nobody.raw) and at_uni["error"] == "invalid_scope"
        grant = world.ids["grants"]
        for changes, error in (({"scope": "usage"}, "unauthorized_client"), ({"scope": f"grant:{grant}+grant:{grant}"}, "invalid_scope"),
                               ({"scope": f"grant:{grant}%20usage"}, "invalid_scope"), ({"scope": "grant:*"}, "invalid_scope"),
                               ({"client_secret": foreign["client_secret"]}, "invalid_client"), ({"client_id": foreign["client_id"]}, "invalid_client"),
                               ({"client_id": world.program["client_id"] + "%00"}, "invalid_request"), ({"scope": grant + "&scope=usage"}, "invalid_request"),
                               ({"grant_type": "password"}, "unsupported_grant_type")):
            answer = ask(world, **own(world, **changes))
            assert answer.status in (400, 401) and answer["error"] == error, (changes, answer.raw)
    assert ask(world, **own(world)).status == 200, "the control"


def test_credentials_that_are_not_utf8(world):
    with unchanged(world.trust):
        answers = [ask(world, **own(world, **{name: text})) for name in ("client_id", "client_secret", "scope", "grant_type") for text in NOT_UTF8]
        for user in (b"\xff:\xff", b"%ff:%ff"):
            answers.append(world.trust.public.send("POST", f"{LIC}/oauth/token", raw=b"grant_type=client_credentials&scope=usage",
                                                   headers={**FORM, "Authorization": "Basic " + base64.b64encode(user).decode()}))
        answers += [world.trust.public.send("POST", f"{LIC}/oauth/revoke", raw=f"token=x&client_id={text}&client_secret=x".encode(), headers=FORM)
                    for text in NOT_UTF8]
        assert [(a.status, a.raw) for a in answers if a.status not in (400, 401)] == []


# -- webhooks ----------------------------------------------------------------

@pytest.mark.parametrize("url", [
    "https://127.1/", "https://0x7f.1/", "https://017700000001/", "https://0/", "https://[::]/", "https://[64:ff9b::a00:1]/", "https://[::ffff:10.0.0.1]/",
    "https://[fe80::1%25lo]/", "https://127.0.0.1./", "https://%31%32%37.0.0.1/", "https://\uff11\uff12\uff17.0.0.1/", "https://localhost/", "https://a.localhost./",
    "https://user@h.example/", "https://h.example:444/", "https://h.example:/", "https:/h.example/", "https://h.example/\r\nX: y", "https://h.example/ x",
    "https://h.example\t/", "https://a..b/", "file:///etc/passwd", "http://h.example/", "https://h.example@169.254.169.254/", "https://169.254.169.254/"])
def test_addresses_of_webhooks(world, url):
    with unchanged(world.trust):
        refused(world.trust["firm"].send("POST", f"{LIC}/webhooks", {"url": url}), 422, "invalid", "/url")


# -- contributions -----------------------------------------------------------

@pytest.mark.parametrize("period", [("0000-01-01", "9999-99-99"), ("2026-02-30", "2026-03-01"), ("2026-13-01", "2026-13-02"), ("2026-05-05", "2026-05-04")],
                         ids="/".join)
def test_days_that_are_none(world, period):
    body = {**ANNOUNCED, "provenance": {**ANNOUNCED["provenance"], "period": dict(zip(("from", "until"), period))}}
    with unchanged(world.trust):
        answer = world.trust["zoe"].send("POST", f"{LIC}/contributions", body)
        assert answer.status == 422 and answer["errors"][0]["pointer"].startswith("/provenance/period"), answer.raw[:200]


# -- the document ------------------------------------------------------------

def test_everything_is_read_as_everybody(world, recorder):
    """What conftest then finds no document to promise fails this test."""
    for route in (r for r in ROUTES if r.method == "GET"):
        for who in ("uni", "lin", "ada", "eva", "tess", *SEEN):
            world.send(who, route)
    assert {r for r in ROUTES if r.method == "GET"} <= recorder.answered
