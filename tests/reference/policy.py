# SPDX-License-Identifier: AGPL-3.0-or-later
"""A second evaluator of licensing terms, written from the text of the standard alone: reading and refusing an input
of `calc policy`, and the nine steps of the evaluation. It shares nothing with the C core but the two reference
tables, and it aims at being easy to compare with the standard, not at speed."""

import calendar
import datetime
import hashlib
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACTIONS = ["read", "aggregate", "derive", "index", "reproduce", "anonymize", "distribute", "sell"]
CLASSES = [
    "public_body",
    "university",
    "non_profit",
    "cooperative",
    "small_company",
    "company",
    "security_body",
    "member",
]
MODES = ["download", "query"]
UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute"]
ACTS = {"transfer_onward": "distribute", "sell_data": "sell"}
SILENT = ["requested", "deferred"]
DAY = 86400


def read_purposes():
    """code -> (parents, assignable)"""
    out = {}
    for line in (ROOT / "sql" / "reference" / "purposes.csv").read_text().splitlines()[1:]:
        code, parents, assignable = line.split(",")[:3]
        out[code] = (parents.split(), assignable == "yes")
    return out


def read_regions():
    """code -> groups"""
    lines = (ROOT / "sql" / "reference" / "regions.csv").read_text().splitlines()[1:]
    return {line.split(",")[0]: line.split(",")[1].split() for line in lines}


TREE = read_purposes()
REGIONS = read_regions()
GROUPS = ["EU", "EEA", "WORLD"]


def ancestors(code):
    """The code itself and all above it, over every parent."""
    found, todo = set(), [code]
    while todo:
        one = todo.pop()
        if one in TREE and one not in found:
            found.add(one)
            todo += TREE[one][0]
    return found


# ---- reading ------------------------------------------------------------


class Refused(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Refused(what)


def no_duplicates(pairs):
    out = dict(pairs)
    need(len(out) == len(pairs), "duplicate key")
    return out


def refuse_number(text):
    raise Refused("number " + text)


def read_integer(text):
    """Payout's reading of numbers holds for every calculator: -0 and more than 64 bits are refused."""
    need(text != "-0" and len(text) < 21 and -(2**63) <= int(text) < 2**63, "number " + text)
    return int(text)


def depth(value):
    if isinstance(value, dict):
        return 1 + max([depth(v) for v in value.values()], default=0)
    if isinstance(value, list):
        return 1 + max([depth(v) for v in value], default=0)
    return 0


def parse(data):
    need(len(data) <= 64 << 20, "size")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=no_duplicates,
            parse_int=read_integer,
            parse_float=refuse_number,
            parse_constant=refuse_number,
        )
        text = canonical(value).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from error
    need(depth(value) <= 8, "depth")
    need(b"\\u0000" not in text.replace(b"\\\\", b""), "U+0000, which no text column of the database can hold")
    return value


def canonical(value):
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z", re.ASCII)


def seconds(text):
    found = TIME.fullmatch(text)
    need(found, "time")
    year, month, day, hour, minute, second = map(int, found.groups())
    need(1 <= month <= 12 and hour < 24 and minute < 60 and second < 60, "time")
    need(year >= 1 and 1 <= day <= calendar.monthrange(year, month)[1], "time")
    return calendar.timegm((year, month, day, hour, minute, second))


def is_text(value):
    need(isinstance(value, str), "text")


def is_int(value):
    need(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53, "integer")


def is_bool(value):
    need(isinstance(value, bool), "boolean")


def is_object(value):
    need(isinstance(value, dict), "object")


def is_time(value):
    is_text(value)
    seconds(value)


def is_one(value):
    is_int(value)
    need(value == 1, "version")


def is_any(_value):
    pass


def or_null(check):
    return lambda value: value is None or check(value)


def list_of(check):
    def run(value):
        need(isinstance(value, list), "array")
        for one in value:
            check(one)

    return run


def shape(required, optional=None):
    optional = optional or {}

    def run(value):
        is_object(value)
        for name in required:
            need(name in value, "missing " + name)
        for name, one in value.items():
            need(name in required or name in optional, "unknown " + name)
            (required.get(name) or optional[name])(one)

    return run


def unique(rows, name="id"):
    need(len({row[name] for row in rows}) == len(rows), "repeated " + name)


def is_id(value):
    is_text(value)
    need(re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,31}", value), "id")


def is_plain(value):
    """Nothing in a terms document is beyond 2^53 - 1: its hash must be the same everywhere."""
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            is_plain(one)
    need(not isinstance(value, int) or abs(value) < 2**53, "integer")


words = list_of(is_text)


def is_condition(value):
    shape({"operand": is_text, "op": is_text, "value": is_any})(value)
    known = {
        ("organisation", "eq"): is_text,
        ("organisation", "neq"): is_text,
        ("organisation", "isAnyOf"): words,
        ("organisation", "isNoneOf"): words,
        ("at", "gteq"): is_time,
        ("at", "lt"): is_time,
    }
    known.get((value["operand"], value["op"]), is_any)(value["value"])


def is_columns(value):
    is_object(value)
    for one in value.values():
        is_text(one)


def is_rule(value):
    is_object(value)
    need(value.get("effect") in ("permit", "council", "prohibit"), "effect")
    lists = {"actions": words, "org_classes": words, "regions": words, "modes": words}
    head = {"id": is_id, "effect": is_text, "purposes": words}
    conditions = {"conditions": list_of(is_condition)}
    if value["effect"] == "prohibit":
        shape(head, {**lists, **conditions})(value)
    else:
        shape(
            {
                **head,
                **lists,
                "descendants": is_bool,
                "columns": is_columns,
                "min_cohort": is_int,
                "max_days": is_int,
                "tiers": words,
                "duties": words,
                "notice_floor": is_int,
            },
            conditions,
        )(value)


is_terms = shape(
    {
        "terms": is_one,
        "pool": is_text,
        "version": is_int,
        "purposes": is_one,
        "special_category": is_bool,
        "valid": shape({"from": is_time, "until": is_time}),
        "columns": list_of(shape({"name": is_text, "type": is_text, "sensitivity": is_text})),
        "tiers": list_of(
            shape(
                {
                    "id": is_id,
                    "org_classes": words,
                    "purposes": words,
                    "attest_days": or_null(is_int),
                    "council": is_bool,
                    "price": is_object,
                }
            )
        ),
        "duties": list_of(shape({"id": is_id, "act": is_text}, {"tiers": words, "within_days": is_int})),
        "prohibited_acts": words,
        "rules": list_of(is_rule),
    }
)

is_input = shape(
    {
        "terms": is_terms,
        "consents": list_of(
            shape(
                {
                    "member": is_text,
                    "pool": is_text,
                    "purpose": is_text,
                    "recipient_class": is_text,
                    "state": is_text,
                    "type": is_text,
                    "notice": is_int,
                    "at": is_time,
                    "until": or_null(is_time),
                }
            )
        ),
        "request": shape(
            {
                "purpose": is_text,
                "action": is_text,
                "org_class": is_text,
                "organisation": is_text,
                "region": is_text,
                "at": is_time,
                "columns": words,
                "mode": is_text,
            }
        ),
    },
    {
        "context": shape(
            {},
            {
                "attested_at": is_time,
                "prohibitions": list_of(
                    shape({"id": is_text, "purpose": or_null(is_text), "from": is_time, "until": or_null(is_time)})
                ),
                "sanctions": list_of(
                    shape(
                        {
                            "id": is_text,
                            "organisation": is_text,
                            "purpose": or_null(is_text),
                            "from": is_time,
                            "until": or_null(is_time),
                        }
                    )
                ),
            },
        )
    },
)


def check_references(terms):
    tiers = {tier["id"] for tier in terms["tiers"]}
    duties = {duty["id"] for duty in terms["duties"]}
    for row in terms["duties"] + terms["rules"]:
        for name in ("tiers", "duties"):
            need(len(set(row.get(name, []))) == len(row.get(name, [])), "repeated reference")
        need(tiers.issuperset(row.get("tiers", [])), "undefined tier")
        need(duties.issuperset(row.get("duties", [])), "undefined duty")


def read_input(data):
    """The input of `calc policy`, or Refused."""
    value = parse(data)
    is_input(value)
    is_plain(value["terms"])
    need(len(value["consents"]) <= 100000, "consents")
    terms, columns = value["terms"], value["request"]["columns"]
    for name in ("tiers", "duties", "rules"):
        unique(terms[name])
    unique(terms["columns"], "name")
    for name in ("prohibitions", "sanctions"):
        unique(value.get("context", {}).get(name, []))
    check_references(terms)
    need(columns and len(set(columns)) == len(columns), "request columns")
    return value


# ---- matching ------------------------------------------------------------


def generalisation(text):
    """What a rule does with a column: the text itself when it is known, else drop."""
    number = r"(0|-?[1-9][0-9]*)"
    if text in ("keep", "drop"):
        return text
    kind, _, rest = text.partition(":")
    good = False
    if kind == "round":
        good = bool(re.fullmatch(number, rest)) and -6 <= int(rest) <= 6
    elif kind == "trunc":
        good = rest in UNITS
    elif kind == "prefix":
        good = bool(re.fullmatch(number, rest)) and 1 <= int(rest) <= 9999
    elif kind == "bin":
        found = re.fullmatch(number + "(?:@" + number + ")?", rest)
        good = bool(found) and int(found.group(1)) > 0
    return text if good else "drop"


def in_list(listed, known, matches, prohibits):
    """Does a word list match: an unknown word matches everything in a prohibition and nothing elsewhere."""
    for word in listed:
        if prohibits if word not in known else matches(word):
            return True
    return False


def purposes_match(rule, purpose, prohibits):
    above = ancestors(purpose)
    if prohibits or rule["descendants"]:
        return in_list(rule["purposes"], TREE, lambda word: word in above, prohibits)
    return in_list(rule["purposes"], TREE, lambda word: word == purpose, prohibits)


def regions_match(rule, region, prohibits):
    groups = REGIONS.get(region, []) + ([region] if region in REGIONS else [])
    return in_list(rule["regions"], set(REGIONS) | set(GROUPS), lambda word: word in groups, prohibits)


def condition_holds(condition, request, prohibits):
    operand, op, value = condition["operand"], condition["op"], condition["value"]
    if operand == "organisation":
        asked = request["organisation"]
        if op in ("eq", "neq"):
            return (asked == value) == (op == "eq")
        if op in ("isAnyOf", "isNoneOf"):
            return (asked in value) == (op == "isAnyOf")
    if operand == "at" and op in ("gteq", "lt"):
        return (seconds(request["at"]) >= seconds(value)) == (op == "gteq")
    return prohibits


def failed_members(rule, request):
    prohibits, failed = rule["effect"] == "prohibit", []
    if not purposes_match(rule, request["purpose"], prohibits):
        failed.append("purpose")
    for member, name, known in (("actions", "action", ACTIONS), ("org_classes", "org_class", CLASSES)):
        if member in rule and not in_list(rule[member], known, lambda word, n=name: word == request[n], prohibits):
            failed.append(name)
    if "regions" in rule and not regions_match(rule, request["region"], prohibits):
        failed.append("region")
    if "modes" in rule and not in_list(rule["modes"], MODES, lambda word: word == request["mode"], prohibits):
        failed.append("mode")
    return failed + [
        "condition:" + one["operand"]
        for one in rule.get("conditions", [])
        if not condition_holds(one, request, prohibits)
    ]


# ---- the nine steps ------------------------------------------------------------


def unknown_words(terms, request):
    out = []
    if request["purpose"] not in TREE:
        out.append("core:purpose-unknown")
    elif not TREE[request["purpose"]][1]:
        out.append("core:purpose-not-assignable")
    names = {column["name"] for column in terms["columns"]}
    for bad, reason in (
        (request["action"] not in ACTIONS, "action"),
        (request["org_class"] not in CLASSES, "org-class"),
        (request["region"] not in REGIONS, "region"),
        (request["mode"] not in MODES, "mode"),
        (not names.issuperset(request["columns"]), "column"),
    ):
        if bad:
            out.append("core:%s-unknown" % reason)
    return out


def in_force(row, at):
    return seconds(row["from"]) <= at and (row["until"] is None or at < seconds(row["until"]))


def covers(purpose, request):
    return purpose is None or purpose not in TREE or purpose in ancestors(request["purpose"])


def prohibitions(value, trace):
    request, context, terms = value["request"], value.get("context", {}), value["terms"]
    at = seconds(request["at"])
    out = [
        row["id"]
        for row in context.get("sanctions", [])
        if row["organisation"] == request["organisation"] and in_force(row, at) and covers(row["purpose"], request)
    ]
    out += [
        row["id"] for row in context.get("prohibitions", []) if in_force(row, at) and covers(row["purpose"], request)
    ]
    out += [row["id"] for row in trace if row["effect"] == "prohibit" and row["matched"]]
    return out + ["core:act-" + act for act in terms["prohibited_acts"] if ACTS.get(act) == request["action"]]


def event_permits(event, value, rule):
    types = ["explicit"] if value["terms"]["special_category"] else ["expressed", "explicit"]
    alive = event["until"] is None or seconds(value["request"]["at"]) < seconds(event["until"])
    return (
        event["state"] in ("given", "renewed")
        and alive
        and event["notice"] >= rule["notice_floor"]
        and event["type"] in types
    )


def covered_members(value, rule):
    request, latest = value["request"], {}
    key = (value["terms"]["pool"], request["purpose"], request["org_class"])
    for event in value["consents"]:
        when = seconds(event["at"])
        if (event["pool"], event["purpose"], event["recipient_class"]) != key or event["state"] in SILENT:
            continue
        if when > seconds(request["at"]):
            continue
        before, rows = latest.get(event["member"], (when, []))
        latest[event["member"]] = (when, [event]) if when > before else (before, rows + [event] * (when == before))
    return sum(all(event_permits(event, value, rule) for event in rows) for _, rows in latest.values())


def tier_failures(tier, value):
    request, failed = value["request"], []
    at, attested = seconds(request["at"]), value.get("context", {}).get("attested_at")
    if request["org_class"] not in tier["org_classes"]:
        failed.append("org_class")
    if request["purpose"] not in tier["purposes"]:
        failed.append("purpose")
    if tier["attest_days"] is not None:
        live = attested is not None and seconds(attested) <= at < seconds(attested) + tier["attest_days"] * DAY
        failed += [] if live else ["attestation"]
    return failed


def time_text(at):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=at)).isoformat().zfill(19) + "Z"


def deny(out, *reasons):
    out["reasons"] = list(reasons)
    return out


def grant(out, value, rule, tier, reasons, columns):
    terms = value["terms"]
    raised = ["core:special-category"] * terms["special_category"] + ["core:tier-review"] * tier["council"]
    end = min(seconds(value["request"]["at"]) + rule["max_days"] * DAY, seconds(terms["valid"]["until"]))
    duties = [
        duty["id"]
        for duty in terms["duties"]
        if duty["id"] in rule["duties"] and ("tiers" not in duty or tier["id"] in duty["tiers"])
    ]
    out.update(
        decision="council" if raised or rule["effect"] == "council" else "permit",
        reasons=reasons + raised,
        rule=rule["id"],
        tier=tier["id"],
        columns=columns,
        duties=duties,
        not_after=time_text(end),
    )
    return out


def steps(value, out):
    terms, request, at = value["terms"], value["request"], seconds(value["request"]["at"])
    trace = out["explain"]["rules"]
    if at < seconds(terms["valid"]["from"]):
        return deny(out, "core:terms-not-yet-valid")
    if at >= seconds(terms["valid"]["until"]):
        return deny(out, "core:terms-expired")
    stopped = unknown_words(terms, request) or prohibitions(value, trace)
    if stopped:
        return deny(out, *stopped)
    matching = [rule for rule, row in zip(terms["rules"], trace) if row["matched"] and rule["effect"] != "prohibit"]
    council = [rule for rule in matching if rule["effect"] == "council"]
    if not matching:
        return deny(out, "core:default-deny")
    rule = (council or matching)[0]
    columns = [
        {"name": one["name"], "rule": generalisation(rule["columns"].get(one["name"], "drop"))}
        for one in terms["columns"]
        if one["name"] in request["columns"]
    ]
    if all(column["rule"] == "drop" for column in columns):
        return deny(out, "core:no-columns")
    covered = out["covered_members"] = covered_members(value, rule)
    if covered == 0 or covered < rule["min_cohort"]:
        return deny(out, "core:cohort" if covered else "core:no-consent")
    tiers = [next(tier for tier in terms["tiers"] if tier["id"] == name) for name in rule["tiers"]]
    failures = out["explain"]["tiers"] = [{"id": tier["id"], "failed": tier_failures(tier, value)} for tier in tiers]
    fitting = [tier for tier, row in zip(tiers, failures) if not row["failed"]]
    if not fitting:
        return deny(out, "core:no-tier")
    return grant(out, value, rule, fitting[0], [one["id"] for one in council or [rule]], columns)


def evaluate(value):
    """The decision with its explanation, as a dictionary."""
    trace = []
    for rule in value["terms"]["rules"]:
        failed = failed_members(rule, value["request"])
        trace.append({"id": rule["id"], "effect": rule["effect"], "matched": not failed, "failed": failed})
    terms_hash = hashlib.sha256(canonical(value["terms"]).encode("utf-8")).hexdigest()
    out = {
        "decision": "deny",
        "reasons": [],
        "rule": None,
        "tier": None,
        "columns": [],
        "duties": [],
        "covered_members": None,
        "not_after": None,
        "terms_hash": terms_hash,
        "evaluator": 1,
        "explain": {"rules": trace, "tiers": []},
    }
    return steps(value, out)


def run(data, explain=False):
    """What `calc policy` must do with these bytes: exit code and standard output."""
    try:
        out = evaluate(read_input(data))
    except Refused:
        return 2, b""
    if not explain:
        del out["explain"]
    return 0, canonical(out).encode("utf-8") + b"\n"
