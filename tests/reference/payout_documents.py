# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which documents the calculators take, a second time: the strict reading of a text, the published JSON Schema of a benefit rule with what
stands beyond it, and the tables of inputs, credits, plans and usage. Every function answers whether, not why: who wrote the document is
told why by the program alone."""
import datetime
import json
import pathlib
import re

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "benefit-rule-1.schema.json").read_text(encoding="ascii"))
#: Without its name, which is no address that references could be resolved against.
RULE = jsonschema.Draft202012Validator({name: value for name, value in SCHEMA.items() if name != "$id"})
MAX = 2**53 - 1
STATUSES = ("active", "lapsed", "suspended", "left", "expelled", "deceased")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
FEE_RECOVERY = "Income:FeeRecovery"
RESERVE = "Equity:Reserve:Legal"


class NotRead(Exception):
    """The text is not the JSON the calculators read."""


# ---- text ----

def no_twice(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise NotRead("a key twice")
    return dict(pairs)


def whole(digits):
    if digits == "-0" or not -(2**63) <= int(digits) < 2**63:
        raise NotRead("not an integer of 64 bits")
    return int(digits)


def nothing(text):
    raise NotRead(text)


def plain(value, depth):
    """Depth 8 and printable ASCII."""
    if isinstance(value, str) and not all(" " <= c <= "~" for c in value):
        raise NotRead("not printable ASCII")
    if isinstance(value, (dict, list)):
        if depth == 8:
            raise NotRead("too deep")
        for part in value if isinstance(value, list) else [*value.keys(), *value.values()]:
            plain(part, depth + 1)


def read(text):
    try:
        value = json.loads(text, object_pairs_hook=no_twice, parse_int=whole, parse_float=nothing, parse_constant=nothing)
    except (ValueError, RecursionError) as problem:
        raise NotRead(str(problem)) from None
    plain(value, 0)
    return value


# ---- the rule ----

def is_day(text):
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def shares_of(rule):
    """Every num/den of the rule."""
    yield rule.get("hold", {}).get("netting", {})
    for step in rule["steps"]:
        yield step
        if isinstance(step.get("cap_each"), dict):
            yield step["cap_each"]


def step_is_lawful(step, earlier):
    of = step.get("of", "")
    if step["id"] in earlier or (of.startswith("after:") and of[len("after:"):] not in earlier):
        return False
    if step.get("to") == FEE_RECOVERY and "amount_from" not in step or step.get("leftover_to") == FEE_RECOVERY:
        return False
    if step["kind"] == "assign" and "amount" in step and {"of", "num", "den", "round"} & set(step):
        return False
    cap = step.get("cap_each")
    return not isinstance(cap, int) or step.get("floor_each", 0) <= cap


def rule_is_lawful(rule):
    if not RULE.is_valid(rule) or not is_day(rule.get("effective_from", "2026-01-01")):
        return False
    if any(share.get("num", 0) > share.get("den", share.get("num", 0)) for share in shares_of(rule)):
        return False
    earlier = set()
    for step in rule["steps"]:
        if not step_is_lawful(step, earlier):
            return False
        earlier.add(step["id"])
    return True


def takes_all(step):
    return step["kind"] in ("percent", "split", "carry", "assign") and "num" in step and step["num"] == step["den"] and "max" not in step


def warnings(rule):
    """Pointers of what voters should know, sorted."""
    found = []
    for i, step in enumerate(rule["steps"]):
        if step["kind"] in ("percent", "until_target") and step["to"] == RESERVE and step.get("round", "down") == "down":
            found.append("/steps/%d/round" % i)
        listed = step.get("eligible", {}).get("status", STATUSES)
        found += ["/steps/%d/eligible/status" % i for status in ("left", "deceased") if status not in listed]
    last = max([i for i, step in enumerate(rule["steps"]) if step["kind"] != "require"], default=0)
    if not takes_all(rule["steps"][last]):
        found.append("/steps/%d" % last)
    return sorted(found)


# ---- members of objects ----

def number(top, bottom=0):
    return lambda value: type(value) is int and bottom <= value <= top


def word(*choices):
    return lambda value: isinstance(value, str) and value in choices


def is_id(value):
    return isinstance(value, str) and ID.fullmatch(value) is not None


def is_currency(value):
    return isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value) is not None


def is_period(value):
    return isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}", value) is not None and is_day(value + "-01")


def listed(check, low=0, high=None):
    return lambda value: isinstance(value, list) and low <= len(value) <= (len(value) if high is None else high) and all(map(check, value))


def table(check_name, check):
    return lambda value: isinstance(value, dict) and all(check_name(name) and check(member) for name, member in value.items())


def members(required=None, **optional):
    """An object with these members and no others."""
    known = {**(required or {}), **optional}
    return lambda value: (isinstance(value, dict) and set(value) <= set(known) and set(required or {}) <= set(value)
                          and all(known[name](member) for name, member in value.items()))


# ---- inputs of a distribution ----

FIGURES = {"units": number(2**40), "quality_ppm": number(10**6), "external": number(2**40), "window_units": number(MAX),
           "distinct_licensees": number(10**6)}
CONTRIBUTOR = members({"recipient": is_id, "share": number(10**6)})
RECIPIENT = members({"id": is_id}, **FIGURES, status=word(*STATUSES), equal=number(1), tenure=number(2**40))
CONTRIBUTION = members({"id": is_id, "contributors": listed(CONTRIBUTOR, 1)}, **FIGURES)
INPUTS = members({"schema": word("distribution-inputs/1"), "run_id": is_id, "pot": number(MAX), "currency": is_currency}, rail_fees=number(MAX),
                 balances=table(lambda name: len(name) <= 128, number(MAX)), recipients=listed(RECIPIENT), contributions=listed(CONTRIBUTION))


def distinct(values):
    values = list(values)
    return len(set(values)) == len(values)


def inputs_are_lawful(rule, inputs):
    if not INPUTS(inputs) or inputs["currency"] != rule["currency"]:
        return False
    recipients = [r["id"] for r in inputs.get("recipients", [])]
    contributions = inputs.get("contributions", [])
    if not distinct(recipients) or not distinct(c["id"] for c in contributions):
        return False
    for contribution in contributions:
        who = [c["recipient"] for c in contribution["contributors"]]
        if not distinct(who) or not set(who) <= set(recipients) or not any(c["share"] for c in contribution["contributors"]):
            return False
    named = {step["recipient"] for step in rule["steps"] if step["kind"] == "assign"}
    targets = {step["to"] for step in rule["steps"] if step["kind"] == "until_target"}
    return named <= set(recipients) and targets <= set(inputs.get("balances", {}))


# ---- a credit ----

CREDIT = members({"schema": word("clawback-inputs/1"), "run_id": is_id, "amount": number(MAX)}, refund_fund=number(MAX),
                 reversed=listed(members({"id": lambda value: isinstance(value, str), "amount": number(MAX)})))


def credit_is_lawful(result, credit):
    """`result` is taken as what a distribution printed."""
    if not CREDIT(credit):
        return False
    lines = {**{f["to"]: f["amount"] for f in result["funds"]}, **{line["id"]: line["amount"] for line in result["lines"]}}
    before = credit.get("reversed", [])
    return distinct(r["id"] for r in before) and all(r["amount"] <= lines.get(r["id"], -1) for r in before)


# ---- plans and usage ----

METERED = {"meter": is_id}
TIERED = members({"id": is_id, "model": word("graduated", "volume"), **METERED, "tiers": listed(members(
    {"up_to": lambda value: value is None or number(MAX, 1)(value), "unit_micro": number(10**15)}, flat=number(10**12)), 1)},
    free=number(MAX), per=number(10**9, 1))
CHARGES = {
    "flat": members({"id": is_id, "model": word("flat"), "amount": number(10**12)}),
    "per_unit": members({"id": is_id, "model": word("per_unit"), **METERED, "unit_micro": number(10**15)}, free=number(MAX), per=number(10**9, 1)),
    "graduated": TIERED,
    "volume": TIERED,
    "package": members({"id": is_id, "model": word("package"), **METERED, "size": number(MAX, 1), "price": number(10**12)}, free=number(MAX)),
    "percent": members({"id": is_id, "model": word("percent"), "rate_ppm": number(10**6)}, free=number(MAX)),
}


def charge_is_lawful(charge):
    model = charge.get("model") if isinstance(charge, dict) else None
    if not isinstance(model, str) or model not in CHARGES or not CHARGES[model](charge):
        return False
    bounds = [tier["up_to"] for tier in charge.get("tiers", [{"up_to": None}])]
    return bounds[-1] is None and None not in bounds[:-1] and all(a < b for a, b in zip(bounds, bounds[1:-1]))


PLAN = members({"schema": word("price-plan/1"), "plan": is_id, "version": number(10**6, 1), "currency": is_currency,
                "charges": listed(charge_is_lawful, 1, 32)}, minor_digits=number(4), minimum=number(10**12), cap=number(10**12),
               discounts=table(is_id, number(10**6)), round=word("half_up", "down", "up"))
USAGE = members({"schema": word("price-usage/1"), "period": is_period, "currency": is_currency, "tier": is_id,
                 "meters": table(is_id, members({"units": number(2**40)}, sample=number(2**40)))}, declared_revenue=number(MAX))


def rating_is_lawful(plan, usage):
    return PLAN(plan) and distinct(c["id"] for c in plan["charges"]) and USAGE(usage) and plan["currency"] == usage["currency"]
