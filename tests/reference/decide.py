# SPDX-License-Identifier: AGPL-3.0-or-later
"""The decision rule of governance a second time, written from the text of the standard alone: the six checks over
exact integers, and the refusals of `calc decide`. It shares nothing with the C core."""

import json

BITS = {"U": 1, "W": 2, "C": 4}
MAX_COUNT = 2147483647
NUMBERS = [
    (name, 1 if name.endswith("_den") and name != "ay_den" else 0, 1000)
    for name in ("q_num", "q_den", "cq_num", "cq_den", "s_num", "s_den", "cs_num", "cs_den")
]
NUMBERS += [("classes_needed", 0, 3), ("must_carry", 0, 7), ("ay_num", 0, 1000), ("ay_den", 0, 1000)]
STATES = {"carried": "carried", "no_quorum": "lapsed", "no_class_quorum": "lapsed"}


class Refused(Exception):
    """slug, pointer. Of several faults the first: numbers in the order of the standard's example, flags, fractions over
    one, then class by class. What must be an object and is none counts as missing."""


def no_duplicates(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("duplicate key")
    return out


def refuse(text):
    raise ValueError(text)


def member(value, pointer, name):
    if not isinstance(value, dict) or name not in value:
        raise Refused("missing", pointer + "/" + name)
    return value[name]


def holder(value, pointer, name):
    found = member(value, pointer, name)
    if not isinstance(found, dict):
        raise Refused("missing", pointer + "/" + name)
    return found


def integer(value, pointer, name, low, high):
    found = member(value, pointer, name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise Refused("not_integer", pointer + "/" + name)
    if not low <= found <= high:
        raise Refused("out_of_range", pointer + "/" + name)
    return found


def boolean(value, pointer, name):
    found = member(value, pointer, name)
    if not isinstance(found, bool):
        raise Refused("not_boolean", pointer + "/" + name)
    return found


def read_input(data):
    """The rule and the counts, or Refused with the slug and the pointer of the first fault."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=no_duplicates, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Refused("not_json", None) from error
    given = holder(value, "", "rule")
    rule = {name: integer(given, "/rule", name, low, high) for name, low, high in NUMBERS}
    for name in ("s_strict", "cs_strict"):
        rule[name] = boolean(given, "/rule", name)
    for name, _, _ in NUMBERS:
        if name.endswith("_num") and rule[name] > rule[name.replace("_num", "_den")]:
            raise Refused("out_of_range", "/rule/" + name)
    counts = holder(value, "", "counts")
    for code in BITS:
        row, pointer = holder(counts, "/counts", code), "/counts/" + code
        numbers = {name: integer(row, pointer, name, 0, MAX_COUNT) for name in ("roll", "yes", "no", "abstain")}
        if numbers["yes"] + numbers["no"] + numbers["abstain"] > numbers["roll"]:
            raise Refused("votes_exceed_roll", pointer)
    return rule, {code: {name: counts[code][name] for name in ("roll", "yes", "no", "abstain")} for code in BITS}


def votes(row):
    return row["yes"] + row["no"] + row["abstain"]


def support(row, num, den, strict):
    """left, op, right of a support comparison; nobody for or against is 0 > 0"""
    deciding = row["yes"] + row["no"]
    if deciding == 0:
        return 0, ">", 0
    return row["yes"] * den, ">" if strict else ">=", num * deciding


def holds(comparison):
    left, op, right = comparison
    return left > right if op == ">" else left >= right


def checks(rule, counts, totals):
    """All comparisons in order: number, outcome, class, comparison."""
    yield 1, "no_quorum", None, (votes(totals) * rule["q_den"], ">=", rule["q_num"] * totals["roll"])
    for code, row in counts.items():
        if row["roll"] > 0:
            yield 2, "no_class_quorum", code, (votes(row) * rule["cq_den"], ">=", rule["cq_num"] * row["roll"])
    yield 3, "not_supported", None, support(totals, rule["s_num"], rule["s_den"], rule["s_strict"])
    carrying = {code: support(row, rule["cs_num"], rule["cs_den"], rule["cs_strict"]) for code, row in counts.items()}
    for code, bit in BITS.items():
        if rule["must_carry"] & bit:
            yield 4, "class_blocked", code, carrying[code]
    yield 4, "class_blocked", None, (sum(map(holds, carrying.values())), ">=", rule["classes_needed"])
    if rule["ay_den"]:
        yield 5, "not_enough_approval", None, (totals["yes"] * rule["ay_den"], ">=", rule["ay_num"] * totals["roll"])


def decide(rule, counts):
    totals = {name: sum(row[name] for row in counts.values()) for name in ("roll", "yes", "no", "abstain")}
    carried = [
        code for code, row in counts.items() if holds(support(row, rule["cs_num"], rule["cs_den"], rule["cs_strict"]))
    ]
    number, outcome, code, comparison = 6, "carried", None, (None, None, None)
    for found in checks(rule, counts, totals):
        if not holds(found[3]):
            number, outcome, code, comparison = found
            break
    left, op, right = comparison
    return {
        "outcome": outcome,
        "state": STATES.get(outcome, "rejected"),
        "class": code,
        "reason": {"check": number, "left": left, "op": op, "right": right},
        "totals": totals,
        "carried_classes": carried,
    }


def run(data):
    """What `calc decide` must do: exit code, standard output, slug and pointer of a refusal."""
    try:
        rule, counts = read_input(data)
    except Refused as refused:
        return 2, b"", refused.args
    return 0, json.dumps(decide(rule, counts), separators=(",", ":")).encode("ascii") + b"\n", None
