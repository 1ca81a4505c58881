# SPDX-License-Identifier: AGPL-3.0-or-later
"""Terms over HTTP: drafts that two people may edit, what check_terms says of them (the stored review, `calc policy --check` and the SQL function
agree), documents that a vote has seen and nobody changes any more, and the comparison shown before a vote."""
import copy
import json
import subprocess

import pytest

from stack import BIN, Problem
from test_catalogue import Hand, charter_of, eventually, terms_of

TERMS = "/licensing/v1/terms"


@pytest.fixture(scope="module")
def hand(trust):
    return Hand(trust)


@pytest.fixture(scope="module")
def air(trust, hand):
    hand.pool("air")
    saved = hand.terms(terms_of("air"))
    eventually("terms in force", lambda: [t for t in trust.public.get(f"{TERMS}?pool=air").json["items"] if t["in_force"]])
    for name in ("ada", "ben", "cem", "mo"):
        trust.consent(name, "air", "PG.CLIMATE", ["university", "public_body"])
        trust.consent(name, "air", "COM.INSIGHT", ["company"])
    return saved


def draft(trust, doc, who="ada"):
    return trust[who].post(TERMS, {"doc": doc}).json


def check(trust, doc):
    return trust.sql("SELECT licensing.check_terms(%s)", json.dumps(doc))[0][0]["errors"]


def offline(doc):
    done = subprocess.run([BIN / "commonhold", "calc", "policy", "--check"], input=json.dumps(doc).encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


# ---- drafts ----

def test_two_people_editing_one_draft(trust, air):
    """The ETag is the revision; If-Match must name it; only the author edits; a repeat is answered as the first time."""
    made = draft(trust, terms_of("air", version=2))
    path = f"{TERMS}/{made['id']}"
    answer = trust["ada"].send("GET", path)
    assert answer.headers["ETag"] == '"v1"' and answer.json["version"] == 1 and not answer.json["submitted"]
    assert trust["ada"].send("GET", path, headers={"If-None-Match": '"v1"'}).status == 304
    doc = terms_of("air", version=2, prohibited_acts=["reidentify", "link_personal", "transfer_onward", "sell_data", "train_gpai"])
    assert trust["ada"].send("PUT", path, {"doc": doc}).status == 428
    again = trust["ada"].put(path, {"doc": doc}, headers={"If-Match": '"v1"'}).json
    assert again["version"] == 2 and again["doc"] == doc and again["id"] == made["id"] and again["sha256"] != made["sha256"]
    for stale in ('"v1"', '"v3"', '"other"'):
        with pytest.raises(Problem) as refused:
            trust["ada"].put(path, {"doc": doc}, headers={"If-Match": stale})
        assert (refused.value.status, refused.value.slug) == (409, "stale")
    for who, status in (("ben", 404), ("cem", 404)):
        assert trust[who].send("PUT", path, {"doc": doc}, headers={"If-Match": '"v2"'}).status == status
    assert trust.public.send("PUT", path, {"doc": doc}, headers={"If-Match": '"v2"'}).status == 401
    assert trust["ada"].get(path).json["version"] == 2


def test_drafts_are_the_members(trust, air):
    made = draft(trust, terms_of("air", version=2))
    assert trust.public.send("GET", f"{TERMS}/{made['id']}").status == 404
    assert trust["ben"].send("GET", f"{TERMS}/{made['id']}").status == 200
    assert made["id"] not in [t["id"] for t in trust.public.get(f"{TERMS}?pool=air").json["items"]]
    assert trust.public.send("GET", f"{TERMS}/{air['id']}").status == 200


@pytest.mark.parametrize("body, pointer", [
    ({}, "/doc"), ({"doc": {}}, "/doc/pool"), ({"doc": {"pool": "air"}}, "/doc/version"),
    ({"doc": {**terms_of("air"), "extra": 1}}, "/extra"), ({"doc": {k: v for k, v in terms_of("air").items() if k != "duties"}}, "/duties"),
    ({"doc": {**terms_of("air"), "version": 1 << 40}}, "/doc/version"), ({"doc": {**terms_of("air"), "purposes": 2}}, "/purposes")])
def test_what_is_no_terms_document(trust, air, body, pointer):
    answer = trust["ada"].send("POST", TERMS, body)
    assert answer.status == 422 and pointer in [e["pointer"] for e in answer.json["errors"]], answer.raw


def test_a_draft_for_no_pool(trust, air):
    trust["lin"].post("/licensing/v1/pools", {"ref": "plan", "title": "Only a plan", "schema": trust.public.get(
        "/licensing/v1/pools/air/schema").json.get("schema", {"fields": [{"name": "a", "type": "string", "ch:sensitivity": "none"}]})})
    for ref in ("nothing", "plan"):
        assert trust["ada"].send("POST", TERMS, {"doc": terms_of(ref)}).status == 404


# ---- what is refused ----

def bad(change):
    doc = terms_of("air", version=2)
    change(doc)
    return doc


FAULTS = {
    "unknown purpose": (lambda d: d["rules"][0]["purposes"].append("PG.SERVICE"), "/rules/0/purposes/2"),
    "unknown operand": (lambda d: d["rules"][1]["conditions"][0].update(operand="weather"), "/rules/1/conditions/0/operand"),
    "unknown operator": (lambda d: d["rules"][1]["conditions"][0].update(op="gteq"), "/rules/1/conditions/0/op"),
    "direct kept": (lambda d: d["rules"][0]["columns"].update(device="keep"), "/rules/0/columns/device"),
    "quasi kept by a permit": (lambda d: d["rules"][0]["columns"].update(lat="keep"), "/rules/0/columns/lat"),
    "small cohort": (lambda d: d["rules"][0].update(min_cohort=4), "/rules/0/min_cohort"),
    "a price in the free tier": (lambda d: d["tiers"][0]["price"]["unit"].update(minor=1), "/tiers/0/price/unit"),
    "too long": (lambda d: d["rules"][0].update(max_days=1097), "/rules/0/max_days"),
    "X permitted": (lambda d: d["rules"][0].update(purposes=["X.SECURITY"]), "/rules/0/purposes"),
    "X smuggled in by a second parent": (lambda d: d["rules"][1].update(purposes=["COM.MARKETING"], descendants=True), "/rules/1/purposes"),
    "a generalisation of another type": (lambda d: d["rules"][0]["columns"].update(pm10="trunc:day"), "/rules/0/columns/pm10"),
    "a rule never reached": (lambda d: d["rules"].append({**copy.deepcopy(d["rules"][0]), "id": "P9"}), "/rules/5"),
    "a duty without proof": (lambda d: d["duties"][4].update(act="sing"), "/duties/4/act"),
    "reidentify lifted": (lambda d: d["prohibited_acts"].remove("reidentify"), "/prohibited_acts"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_three_checks_agree(trust, air, name):
    change, pointer = FAULTS[name]
    doc = bad(change)
    review = draft(trust, doc)["review"]["errors"]
    assert pointer in [e["pointer"] for e in review], review
    alone = offline(doc)
    assert [e for e in review if e in alone["errors"]] == alone["errors"] and pointer in [e["pointer"] for e in alone["errors"]]
    in_sql = check(trust, doc)
    assert all(e in in_sql for e in review)


def test_a_good_document_has_no_errors_in_all_three(trust, air):
    doc = terms_of("air", version=2)
    made = draft(trust, doc)
    assert made["review"]["errors"] == [] and offline(doc) == {"errors": [], "terms_hash": made["sha256"]}
    assert trust.sql("SELECT count(*) FROM licensing.terms WHERE sha256 = %s AND submitted_at IS NOT NULL", made["sha256"])[0][0] == 0


def test_what_needs_rows(trust, air):
    """What the document alone does not tell: the version in line, the charter's special category, the pool's columns, the calendar, the floor."""
    columns = terms_of("air")["columns"]
    for change, pointer in (
            ({"version": 3}, "/version"), ({"special_category": True}, "/special_category"), ({"columns": columns[:3] + [
                {**columns[3], "sensitivity": "quasi"}]}, "/columns"),
            ({"valid": {"from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}}, "/valid/until")):
        doc = {**terms_of("air", version=2), **change}
        draft(trust, doc)
        assert pointer in [e["pointer"] for e in check(trust, doc)], change
    unseen = terms_of("air", version=2, valid={"from": "2026-01-01T00:00:00Z", "until": "2033-01-01T00:00:00Z"})
    assert "not reviewed" in check(trust, unseen)[0]["detail"]


def test_a_wrong_notice_floor(trust, air):
    """Wider needs the next notice; what is no wider keeps its floor. Offline there is nothing to compare with."""
    wider = terms_of("air", version=2)
    wider["rules"][0]["columns"]["lat"] = "round:3"
    made = draft(trust, wider)
    assert [e["pointer"] for e in made["review"]["errors"]] == ["/rules/0/notice_floor"] and made["review"]["floor"] == 2
    assert "/rules/0/notice_floor" in [e["pointer"] for e in check(trust, wider)] and offline(wider)["errors"] == []
    wider["rules"][0]["notice_floor"] = 2
    assert draft(trust, wider)["review"]["errors"] == []
    narrower = terms_of("air", version=2)
    narrower["rules"][0].update(min_cohort=6, notice_floor=2)
    assert [e["pointer"] for e in draft(trust, narrower)["review"]["errors"]] == ["/rules/0/notice_floor"]


# ---- after the vote has seen it ----

def test_a_submitted_document_is_immutable(trust, air):
    doc = terms_of("air", version=2, valid={"from": "2026-01-01T00:00:00Z", "until": "2031-01-01T00:00:00Z"})
    made = draft(trust, doc)
    assert check(trust, doc) == []  # as governance asks at submission
    path = f"{TERMS}/{made['id']}"
    assert trust.public.get(path).json["submitted"]
    with pytest.raises(Problem) as refused:
        trust["ada"].put(path, {"doc": terms_of("air", version=2)}, headers={"If-Match": '"v1"'})
    assert refused.value.slug == "not_allowed_here"
    for change in ("doc = '{}'", "canonical = ''", "sha256 = repeat('0', 64)", "submitted_at = NULL", "version = 9"):
        with pytest.raises(Exception, match="immutable"):
            trust.sql(f"UPDATE licensing.terms SET {change} WHERE id = %s", made["id"])
    with pytest.raises(Exception, match="immutable"):
        trust.sql("DELETE FROM licensing.terms WHERE id = %s", made["id"])
    assert trust.public.get(path).json["doc"] == doc


def test_edited_between_vote_and_enactment(trust, air):
    """Another document than the one checked is another hash: not reviewed, so it cannot take effect."""
    doc = terms_of("air", version=2, valid={"from": "2026-01-01T00:00:00Z", "until": "2032-01-01T00:00:00Z"})
    draft(trust, doc)
    assert check(trust, doc) == []
    doc["rules"][0]["max_days"] = 366
    assert "not reviewed" in check(trust, doc)[0]["detail"]


# ---- comparison ----

def test_a_comparison_with_counts(trust, air):
    wider = terms_of("air", version=2)
    wider["rules"][0]["columns"]["lat"] = "round:3"
    wider["rules"][0]["notice_floor"] = 2
    wider["rules"][1]["min_cohort"] = 9
    made = draft(trust, wider)
    compared = trust["ada"].get(f"{TERMS}/{made['id']}/compare?with={air['id']}").json
    assert compared["wider"] and (compared["old"], compared["new"]) == (air["sha256"], made["sha256"])
    pairs = {(p["purpose"], p["org_class"]): p for p in compared["pairs"]}
    assert pairs["PG.CLIMATE", "university"]["change"] == "wider" and pairs["PG.CLIMATE", "university"]["reasons"] == ["column"]
    assert pairs["COM.INSIGHT", "company"]["change"] == "no_wider"
    assert {r["id"]: r["floor"] for r in compared["rules"]} == {"P1": 2, "P2": 1, "C1": 1}
    # four members: two classes of PG.CLIMATE are asked again, one of COM.INSIGHT stays
    assert compared["consents"]["asked_again"] == 8 and compared["consents"]["kept"] == 4
    assert made["review"]["consents"]["asked_again"] == 8
    for bad_with in ("", "?with=x"):
        assert trust["ada"].send("GET", f"{TERMS}/{made['id']}/compare{bad_with}").status == 400
    assert trust.public.send("GET", f"{TERMS}/{made['id']}/compare?with={air['id']}").status == 404  # a draft


def test_a_stale_review(trust, hand, air):
    """The notice it was compared with has moved: the check refuses until the draft is saved again."""
    doc = terms_of("air", version=2, valid={"from": "2026-01-01T00:00:00Z", "until": "2034-01-01T00:00:00Z"})
    draft(trust, doc)
    pool = trust.public.get("/licensing/v1/pools/air").json
    hand.charter(charter_of(pool, version=2, notice="Your readings are pooled, and now also shown on a map."))
    eventually("notice 2", lambda: trust.public.get("/licensing/v1/pools/air").json["notice"] == 2)
    assert "stale" in check(trust, doc)[0]["detail"]
    assert [e["pointer"] for e in draft(trust, doc)["review"]["errors"]] == []
    assert check(trust, doc) == []
