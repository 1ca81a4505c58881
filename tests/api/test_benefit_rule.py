# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benefit rules: payout.check_benefit_rule in the database against `calc check-rule` and against the published JSON Schema, on generated
documents, and what the rules of a trust look like from outside. CH_RUNS documents (2,000; the specification wants 10,000) of CH_SEED."""
import copy
import json
import os
import random
import sys

import psycopg2
import pytest

from applying import rewrite
from paying import refused
from stack import ROOT, SANITIZED

sys.path.insert(0, str(ROOT / "tests" / "reference"))
import batch  # noqa: E402
import payout_cases as cases  # noqa: E402
import payout_documents as documents  # noqa: E402

SEED = int(os.environ.get("CH_SEED", "20261123"))
RUNS = int(os.environ.get("CH_RUNS", "500" if SANITIZED else "2000"))
EXAMPLE = json.loads((ROOT / "tests" / "unit" / "payout" / "d20.rule.json").read_text(encoding="ascii"))


def generated(number):
    """The text of a number: lawful rules and damaged ones."""
    rnd = random.Random(SEED * 1000003 + number)
    rule = copy.deepcopy(EXAMPLE) if rnd.random() < 0.3 else cases.make_rule(rnd, ["M1"])
    if rnd.random() < 0.3:
        rule["hold"] = {"min_payout": cases.amount(rnd), "unclaimed_after_days": rnd.choice([365, 36500]), "netting": {"num": rnd.randrange(4), "den": 3}}
    return cases.damaged(rnd, rule) if rnd.random() < 0.7 else json.dumps(rule)



def test_three_judges_agree(stack):
    """Valid or not, and every warning, on whatever can be read at all; what cannot be read no database is asked about."""
    print("seed", SEED, "runs", RUNS)
    connection = psycopg2.connect(stack.conninfo("template_trust"))
    calculators, valid, unread = batch.Batch(), 0, 0
    with connection.cursor() as cursor:
        for number in range(RUNS):
            text = generated(number)
            answer, errors = calculators.calc("check-rule", text)
            try:
                rule = documents.read(batch.text_of(text))
            except documents.NotRead:
                unread += 1
                assert answer is None, f"document {number}: {text}"
                continue
            cursor.execute("SELECT payout.check_benefit_rule(%s::jsonb)", (text,))
            judged = cursor.fetchone()[0]
            lawful = documents.rule_is_lawful(rule)
            assert (answer is not None, not judged["errors"]) == (lawful, lawful), f"document {number}: {text}: {answer or errors}, {judged}"
            if lawful:
                valid += 1
                warnings = json.loads(answer)["warnings"]
                assert warnings == judged["warnings"], f"document {number}: {text}"
                assert sorted(warning["pointer"] for warning in warnings) == documents.warnings(rule), f"document {number}: {text}"
            else:
                # the database goes on looking where the calculator stops: behind a first fault in the same object
                assert {e["pointer"] for e in errors} <= {e["pointer"] for e in judged["errors"]}, f"document {number}: {text}: {errors}, {judged}"
    calculators.close()
    connection.close()
    print(f"{valid} lawful, {unread} not to be read")
    assert RUNS / 4 < valid < RUNS * 3 / 4 and unread < RUNS / 4


@pytest.mark.parametrize("document", ["null", "[]", "1", '"rule"', "{}"])
def test_no_object_is_no_rule(stack, document):
    connection = psycopg2.connect(stack.conninfo("template_trust"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT payout.check_benefit_rule(%s::jsonb), payout.check_benefit_rule(NULL)", (document,))
        assert all(judged["errors"] and judged["warnings"] == [] for judged in cursor.fetchone())
    connection.close()


def test_rules_of_a_trust(trust):
    """What anybody may read, and when each counts: a later vote takes over when it begins, not when it is enacted."""
    founding = trust.public.get("/payout/v1/rules").json["items"]
    assert [rule["resolution"] for rule in founding] == ["charter"] and founding[0]["until"] is None
    assert trust.public.get("/payout/v1/rules/" + founding[0]["id"]).json == founding[0]
    refused(trust.public.send("GET", "/payout/v1/rules/" + "0" * 64), 404, "not_found")
    document = {**EXAMPLE, "version": 99, "effective_from": "2099-01-01"}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    rewrite(trust, "governance.benefit_rule", "enacted",
            "INSERT INTO governance.benefit_rule (id, rule, version, sha256, doc, canonical, proposal_id, from_at) "
            f"SELECT log.new_id(), 'main', 99, encode(sha256(t::bytea), 'hex'), t::jsonb, t, log.new_id(), now() FROM (SELECT $${text}$$) AS x (t)")
    later, before = trust.public.get("/payout/v1/rules").json["items"]
    assert later["from"] == before["until"] == "2099-01-01T00:00:00Z" and later["until"] is None and later["document"] == document


def hasty_rule():
    """Lawful, and voters should know of four things."""
    rule = copy.deepcopy(EXAMPLE)
    rule["steps"][1]["round"] = "down"
    rule["steps"][-1]["eligible"]["status"] = ["active"]
    rule["steps"][-1]["num"] = 0
    return rule, ["/steps/1/round", "/steps/5/eligible/status", "/steps/5/eligible/status", "/steps/5"]


def test_voters_read_the_warnings_of_a_rule(trust):
    hasty, pointers = hasty_rule()
    for document, warned in ((EXAMPLE, []), (hasty, pointers)):
        made = trust["ada"].post("/governance/v1/proposals", {"type": "benefit_rule", "title": "Shares", "text": "Because.", "effect": {"schema": "benefit_rule", "document": document}})
        assert [w["pointer"] for w in trust["ada"].get(f"/governance/v1/proposals/{made['id']}")["warnings"]] == warned


def test_a_draft_is_judged_for_everybody(trust):
    path = "/payout/v1/rules/check-rule"
    assert trust.public.send("POST", path, body=EXAMPLE).json == {"valid": True, "warnings": []}
    hasty, pointers = hasty_rule()
    assert [w["pointer"] for w in trust.public.send("POST", path, body=hasty)["warnings"]] == pointers
    wrong = copy.deepcopy(EXAMPLE)
    wrong["steps"][2]["of"] = "after:people"
    answer = trust.public.send("POST", path, body={**wrong, "remainder": "luck"})
    refused(answer, 422, "rule_invalid")
    assert {error["pointer"] for error in answer["errors"]} == {"/remainder", "/steps/2/of"}
    for text, status, slug in ((b'{"schema":"benefit-rule/1","schema":"benefit-rule/1"}', 400, "not_json"), (b'{"version":1.0}', 400, "not_json"),
                               (b"", 400, "not_json"), (b"[]", 422, "rule_invalid")):
        refused(trust.public.send("POST", path, raw=text, headers={"Content-Type": "application/json"}), status, slug)
