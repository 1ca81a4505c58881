# SPDX-License-Identifier: AGPL-3.0-or-later
"""What check_terms refuses without a database, decided a second time from the words of licensing.md section 5: `errors(document)` gives the
pointers, in any order. The document has the right shape already."""
import json
import re

import policy

SHOWN = {"keep": None, "drop": None, "round": ("number", "integer"), "bin": ("number", "integer"), "trunc": ("date", "datetime"),
         "prefix": ("string",)}
TYPES = ("string", "integer", "number", "boolean", "date", "datetime")
DUTIES = ("compensate", "accept_tracking", "attribute", "inform", "delete", "anonymize", "obtain_consent", "review_policy", "next_policy",
          "return_results", "publish_results", "ethics_approval")
PROHIBITED = ("reidentify", "link_personal", "profile_persons", "decide_on_persons", "transfer_onward", "sell_data", "train_gpai")
OPERATORS = {"organisation": ("eq", "neq", "isAnyOf", "isNoneOf"), "at": ("gteq", "lt")}
KNOWN = {"purposes": set(policy.TREE), "actions": set(policy.ACTIONS), "org_classes": set(policy.CLASSES), "modes": set(policy.MODES),
         "regions": set(policy.REGIONS) | set(policy.GROUPS)}
LONGEST, SMALLEST = 1096, 5


def below(code):
    return {other for other in policy.TREE if code in policy.ancestors(other)}


def assignable():
    return {code for code, (_, may) in policy.TREE.items() if may}


def members(groups):
    found = set()
    for name in groups:
        found |= {name} if name in policy.REGIONS else {r for r, g in policy.REGIONS.items() if name in g}
    return found


def pairs(value, pointer, known, may_be_empty=False):
    if not value and not may_be_empty:
        yield pointer
    for i, word in enumerate(value):
        if word not in known:
            yield f"{pointer}/{i}"


def purposes_of(rule):
    named = [code for code in rule["purposes"] if code in policy.TREE]
    if rule["effect"] == "prohibit" and len(named) < len(rule["purposes"]):
        return set(policy.TREE)
    wide = rule["effect"] == "prohibit" or rule["descendants"]
    return set().union(*(below(code) if wide else {code} for code in named)) if named else set()


def reach(rule):
    """What a rule matches, part by part; None stands for everything, also what nobody knows."""
    parts = {"purposes": purposes_of(rule) & assignable()}
    for name in ("actions", "org_classes", "modes", "regions"):
        listed = rule.get(name)
        if listed is None or rule["effect"] == "prohibit" and not set(listed) <= KNOWN[name]:
            parts[name] = None
        else:
            parts[name] = members(w for w in listed if w in KNOWN[name]) if name == "regions" else {w for w in listed if w in KNOWN[name]}
    return parts


def is_void(rule):
    parts = reach(rule)
    return not purposes_of(rule) or any(v is not None and not v for k, v in parts.items() if k != "purposes")


def covers(earlier, later):
    wide, narrow = reach(earlier), reach(later)
    wide["purposes"] = purposes_of(earlier)
    if any(wide[k] is not None and (narrow[k] is None or not narrow[k] <= wide[k]) for k in wide):
        return False
    return all(c in later.get("conditions", []) for c in earlier.get("conditions", []))


def head(doc):
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", doc["pool"]):
        yield "/pool"
    if not 1 <= doc["version"] <= 1000000:
        yield "/version"
    if doc["valid"]["from"] >= doc["valid"]["until"]:
        yield "/valid"
    yield from pairs(doc["prohibited_acts"], "/prohibited_acts", PROHIBITED, True)
    if "reidentify" not in doc["prohibited_acts"]:
        yield "/prohibited_acts"
    for i, column in enumerate(doc["columns"]):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", column["name"]):
            yield f"/columns/{i}/name"
        if column["type"] not in TYPES:
            yield f"/columns/{i}/type"
        if column["sensitivity"] not in ("none", "quasi", "direct"):
            yield f"/columns/{i}/sensitivity"
    for i, duty in enumerate(doc["duties"]):
        if duty["act"] not in DUTIES:
            yield f"/duties/{i}/act"
        if duty.get("within_days", 0) > LONGEST:
            yield f"/duties/{i}/within_days"


def is_money(value):
    return (isinstance(value, dict) and set(value) == {"minor", "currency"} and isinstance(value["minor"], int) and isinstance(value["currency"], str)
            and re.fullmatch(r"[A-Z]{3}", value["currency"]))


def prices(doc):
    currency = None
    for i, tier in enumerate(doc["tiers"]):
        at, price = f"/tiers/{i}/price", tier["price"]
        wrong = [f"{at}/{k}" for k in ("base", "unit", "unit_rows", "free_rows", "cap") if k not in price]
        wrong += [f"{at}/{k}" for k in price if k not in ("base", "unit", "unit_rows", "free_rows", "cap")]
        if wrong:
            yield from wrong
            continue
        for name, most in (("base", 10**12), ("unit", 10**9), ("cap", 10**12)):
            amount = price[name]
            if amount is None:
                continue
            if not is_money(amount):
                yield f"{at}/{name}"
                continue
            if not 0 <= amount["minor"] <= most:
                yield f"{at}/{name}"
            currency = currency or amount["currency"]
            if amount["currency"] != currency:
                yield f"{at}/{name}"
            if tier["id"] == "free" and amount["minor"] != 0 and name != "cap":
                yield f"{at}/{name}"
        if not 1 <= price["unit_rows"] <= 10**9:
            yield f"{at}/unit_rows"


def tiers(doc):
    for i, tier in enumerate(doc["tiers"]):
        yield from pairs(tier["org_classes"], f"/tiers/{i}/org_classes", KNOWN["org_classes"], True)
        yield from pairs(tier["purposes"], f"/tiers/{i}/purposes", KNOWN["purposes"], True)
        if tier["attest_days"] == 0:
            yield f"/tiers/{i}/attest_days"


def shown(doc, rule, at):
    columns = {c["name"]: c for c in doc["columns"]}
    survives = False
    for name, text in rule["columns"].items():
        column = columns.get(name)
        known = policy.generalisation(text) == text
        if column is None or not known:
            yield f"{at}/columns/{name}"
            continue
        survives |= column["sensitivity"] == "quasi" and text != "drop"
        fits = SHOWN[text.split(":")[0]]
        if fits and column["type"] in TYPES and column["type"] not in fits:
            yield f"{at}/columns/{name}"
        if column["sensitivity"] == "direct" and text != "drop":
            yield f"{at}/columns/{name}"
        if column["sensitivity"] == "quasi" and text == "keep" and rule["effect"] == "permit":
            yield f"{at}/columns/{name}"
    if survives and rule["min_cohort"] < SMALLEST:
        yield f"{at}/min_cohort"


def rules(doc):
    for i, rule in enumerate(doc["rules"]):
        at = f"/rules/{i}"
        for name in ("purposes", "actions", "org_classes", "regions", "modes"):
            if name in rule:
                yield from pairs(rule[name], f"{at}/{name}", KNOWN[name])
        for k, condition in enumerate(rule.get("conditions", [])):
            operators = OPERATORS.get(condition["operand"])
            if operators is None:
                yield f"{at}/conditions/{k}/operand"
            elif condition["op"] not in operators:
                yield f"{at}/conditions/{k}/op"
        if rule["effect"] != "prohibit":
            if rule["effect"] == "permit" and purposes_of(rule) & below("X"):
                yield f"{at}/purposes"
            yield from shown(doc, rule, at)
            if not 1 <= rule["max_days"] <= LONGEST:
                yield f"{at}/max_days"
            if not rule["tiers"]:
                yield f"{at}/tiers"
        if not is_void(rule) and any(e["effect"] == rule["effect"] and covers(e, rule) for e in doc["rules"][:i]):
            yield at


def errors(doc):
    return sorted([*head(doc), *tiers(doc), *prices(doc), *rules(doc)])


def as_bytes(doc):
    return json.dumps(doc).encode()
