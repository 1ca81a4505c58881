# SPDX-License-Identifier: AGPL-3.0-or-later
"""Random documents for the calculators: lawful rules, inputs, credits, plans and usage, and `damaged`, which breaks one in one place. Every
value comes from the random.Random that is passed, so a seed names a case."""
import copy
import json

MAX = 2**53 - 1
STATUSES = ["active", "lapsed", "suspended", "left", "expelled", "deceased"]
FUNDS = ["Income:OperationsShare", "Equity:Reserve:Legal", "Equity:Fund:Commons", "Equity:Fund:Solidarity"]


def amount(rnd):
    return rnd.choice([0, 1, rnd.randrange(100), rnd.randrange(10**6), rnd.randrange(2**53)])


def maybe(rnd, target, name, make, chance=0.4):
    if rnd.random() < chance:
        target[name] = make()


def make_id(rnd, letter, number):
    """Different for different numbers, of every sign an id may have."""
    return rnd.choice([letter, letter, letter, "Z", "a", "9.", "A_-.", "m" * 60]) + "%d" % number


def make_part(rnd):
    part = {"share": rnd.choice([1, 1, 7, rnd.randint(1, 10000)])}
    if rnd.random() < 0.5:
        part["then"] = "contribution"
        part["weight"] = rnd.choice(["usage", "usage*quality", "equal", "external"])
    else:
        part["weight"] = rnd.choice(["usage", "usage*quality", "equal", "external", "tenure"])
    return part


def make_eligible(rnd):
    out = {}
    maybe(rnd, out, "status", lambda: rnd.sample(STATUSES, rnd.randint(1, 6)))
    if rnd.random() < 0.5:
        out["window_days"] = rnd.randint(1, 365)
        maybe(rnd, out, "min_units", lambda: rnd.randrange(60))
        maybe(rnd, out, "min_distinct_licensees", lambda: rnd.randrange(4))
    return out


def make_split(rnd, step):
    step.update(parts=[make_part(rnd) for _ in range(rnd.choice([1, 1, 1, 2, 2, 3, 3, 16]))], leftover_to=rnd.choice(FUNDS))
    maybe(rnd, step, "eligible", lambda: make_eligible(rnd))
    if rnd.random() < 0.6:
        maybe(rnd, step, "floor_each", lambda: rnd.choice([0, 1, rnd.randrange(100), amount(rnd)]), 0.6)
        if rnd.random() < 0.4:
            den = rnd.randint(1, 20)
            step["cap_each"] = {"num": rnd.randint(0, den), "den": den}
        elif rnd.random() < 0.5:
            step["cap_each"] = step.get("floor_each", 0) + rnd.choice([0, 5, amount(rnd)])
            step["cap_each"] = min(step["cap_each"], MAX)


def make_base(rnd, step, earlier):
    den = rnd.choice([1, 2, 3, 100, rnd.randint(1, 1000000)])
    step.update(num=rnd.choice([den, rnd.randint(0, den)]), den=den)
    step["of"] = rnd.choice(["gross", "remaining"] + ["after:" + e for e in earlier])
    maybe(rnd, step, "round", lambda: rnd.choice(["up", "down", "half_up"]))


def make_step(rnd, earlier, recipients):
    kinds = ["fixed", "percent", "until_target", "split", "split", "carry", "require"]
    kind = rnd.choice(kinds + (["assign"] if recipients else []))
    step = {"id": make_id(rnd, "s", len(earlier)), "kind": kind}
    if kind == "require":
        return {**step, "of": rnd.choice(["gross", "remaining"]), "at_least": rnd.choice([0, 0, 1, amount(rnd)])}
    maybe(rnd, step, "max", lambda: amount(rnd), 0.2)
    if kind == "fixed":
        if rnd.random() < 0.5:
            return {**step, "to": "Income:FeeRecovery", "amount_from": "rail_fees"}
        return {**step, "to": rnd.choice(FUNDS), "amount": rnd.randrange(5000)}
    if kind == "assign":
        step.update(recipient=rnd.choice(recipients), resolution="VOTE-1")
        if rnd.random() < 0.5:
            return {**step, "amount": rnd.randrange(5000)}
    make_base(rnd, step, earlier)
    if kind in ("percent", "until_target"):
        step["to"] = rnd.choice(FUNDS)
    if kind == "until_target":
        step["target"] = amount(rnd)
    if kind == "split":
        make_split(rnd, step)
    return step


def make_rule(rnd, recipients):
    rule = {"schema": "benefit-rule/1", "rule": "main", "currency": "EUR", "remainder": "largest_remainder/sha256"}
    rule["steps"] = []
    for _ in range(rnd.randint(1, 6)):
        rule["steps"].append(make_step(rnd, [s["id"] for s in rule["steps"]], recipients))
    maybe(rnd, rule, "version", lambda: rnd.randint(1, 1000000))
    if rnd.random() < 0.5:
        rule["refund"] = {"first_from": rnd.choice([None, "Equity:Fund:Refund"])}
        maybe(rnd, rule["refund"], "fee_recovery", lambda: rnd.choice(["keep", "reverse"]))
    return rule


def figures(rnd, scale):
    out = {}
    for name, top in (
        ("units", scale),
        ("quality_ppm", 1000001),
        ("external", scale),
        ("window_units", 100),
        ("distinct_licensees", 5),
    ):
        maybe(rnd, out, name, lambda top=top: rnd.choice([0, 1, rnd.randrange(top)]), 0.7)
    return out


def make_inputs(rnd, people=(0, 1, 2, 3, 5, 12, 40), works=(0, 1, 3, 15)):
    scale = rnd.choice([3, 100, 2**40 + 1])
    recipients = []
    for i in range(rnd.choice(people)):
        r = {"id": make_id(rnd, "M", i), **figures(rnd, scale)}
        maybe(rnd, r, "status", lambda: rnd.choice(STATUSES))
        maybe(rnd, r, "equal", lambda: rnd.randrange(2))
        maybe(rnd, r, "tenure", lambda: rnd.randrange(scale))
        recipients.append(r)
    contributions = []
    for i in range(rnd.choice(works) if recipients else 0):
        who = rnd.sample([r["id"] for r in recipients], rnd.randint(1, min(4, len(recipients))))
        shares = [{"recipient": w, "share": rnd.choice([0, 1, rnd.randint(0, 1000000)])} for w in who]
        shares[0]["share"] = rnd.randint(1, 5)
        contributions.append({"id": make_id(rnd, "C", i), **figures(rnd, scale), "contributors": shares})
    rnd.shuffle(recipients)
    rnd.shuffle(contributions)
    return {
        "schema": "distribution-inputs/1",
        "run_id": "run-%d" % rnd.randrange(10**6),
        "currency": "EUR",
        "pot": amount(rnd),
        "rail_fees": rnd.choice([0, rnd.randrange(1000), amount(rnd)]),
        "balances": {fund: amount(rnd) for fund in FUNDS + ["odd \"key\" \\"]},
        "recipients": recipients,
        "contributions": contributions,
    }


def make_clawback(rnd, result):
    lines = {f["to"]: f["amount"] for f in result["funds"]}
    lines.update({line["id"]: line["amount"] for line in result["lines"]})
    before = [{"id": i, "amount": rnd.randint(0, a)} for i, a in lines.items() if rnd.random() < 0.3]
    out = {"schema": "clawback-inputs/1", "run_id": "clawback-%d" % rnd.randrange(1000), "amount": amount(rnd)}
    maybe(rnd, out, "refund_fund", lambda: amount(rnd))
    maybe(rnd, out, "reversed", lambda: before, 0.6)
    return out


def make_tiers(rnd):
    bounds = sorted(rnd.sample(range(1, 20000), rnd.randint(0, 4))) + [None]
    tiers = [{"up_to": b, "unit_micro": rnd.choice([0, 125000, rnd.randrange(10**9)])} for b in bounds]
    for tier in tiers:
        maybe(rnd, tier, "flat", lambda: rnd.randrange(1000))
    return tiers


def make_charge(rnd, index):
    model = rnd.choice(["flat", "per_unit", "graduated", "volume", "package", "percent"])
    charge = {"id": "c%d" % index, "model": model}
    if model == "flat":
        return {**charge, "amount": rnd.choice([0, rnd.randrange(10**5), 10**12])}
    maybe(rnd, charge, "free", lambda: rnd.choice([0, rnd.randrange(5000), MAX]))
    if model == "percent":
        return {**charge, "rate_ppm": rnd.randrange(1000001)}
    charge["meter"] = rnd.choice(["rows", "req", "x"])
    if model == "package":
        return {**charge, "size": rnd.randint(1, 2000), "price": rnd.randrange(2000)}
    maybe(rnd, charge, "per", lambda: rnd.choice([1, 1000, rnd.randint(1, 10**9)]))
    if model == "per_unit":
        return {**charge, "unit_micro": rnd.choice([rnd.randrange(10**7), 10**15, rnd.randrange(10**15)])}
    return {**charge, "tiers": make_tiers(rnd)}


def make_plan(rnd):
    plan = {"schema": "price-plan/1", "plan": "p", "version": rnd.randint(1, 9), "currency": "EUR"}
    plan["charges"] = [make_charge(rnd, i) for i in range(rnd.randint(1, 5))]
    maybe(rnd, plan, "minimum", lambda: rnd.choice([0, rnd.randrange(10**5), 10**12]))
    maybe(rnd, plan, "cap", lambda: rnd.choice([0, rnd.randrange(10**5), 10**12]))
    maybe(rnd, plan, "discounts", lambda: {"gold": rnd.choice([0, 1000000, rnd.randrange(1000001)])}, 0.6)
    maybe(rnd, plan, "round", lambda: rnd.choice(["half_up", "down", "up"]))
    return plan


def edges(plan):
    """Units at which a charge's price changes, and 0."""
    return [0] + [tier["up_to"] + charge.get("free", 0) for charge in plan["charges"] for tier in charge.get("tiers", [])[:-1]]


def make_usage(rnd, plan):
    meters, at_edge = {}, [units for units in edges(plan) if units <= 2**40]
    for name in rnd.sample(["rows", "req", "x", "other"], rnd.randint(0, 4)):
        meters[name] = {"units": rnd.choice([0, 1, rnd.choice(at_edge), rnd.choice(at_edge) + 1, rnd.randrange(20000), rnd.randrange(2**40)])}
        maybe(rnd, meters[name], "sample", lambda: rnd.randrange(300))
    usage = {"schema": "price-usage/1", "period": "2026-03", "currency": "EUR", "meters": meters}
    usage["tier"] = rnd.choice(["gold", "none"])
    maybe(rnd, usage, "declared_revenue", lambda: amount(rnd))
    return usage


# ---- what is wrong ----

ODD = [None, True, False, "", "x", " ", "a b", "é", -1, 0, 1, 2, 10**6, 10**6 + 1, 2**40, 2**40 + 1, MAX, MAX + 1, 2**63 - 1, [], {}, [1], {"x": 1},
       "Income:FeeRecovery", "Equity:Reserve:Legal", "Equity:Fund:x", "after:s0", "after:s9", "after:", "gross", "remaining", "2026-02-29",
       "2024-02-29", "0000-01-01", "tenure", "active", "up", "split", "A" * 64, "A" * 65, {"num": 1, "den": 2}, {"num": 2, "den": 1}, {"num": 1}]
TOKENS = ["1.0", "1e3", "-0", "01", "9223372036854775808", "\\u0041", "\\u00e9", "\\ud83d\\ude00", "{", "}", "[", "]", ",", ":", '"', "null", "true", "-", " ",
          "\n", "\t", "\\n", "NaN", "\x7f", "\x00", "/*x*/", "[[[[[[[[[1]]]]]]]]]"]


def places(value, found):
    """Every (container, key) of a document."""
    for key in range(len(value)) if isinstance(value, list) else list(value):
        found.append((value, key))
        if isinstance(value[key], (dict, list)):
            places(value[key], found)
    return found


def break_value(rnd, document):
    """Takes away, adds, repeats or replaces one value; lawful again now and then."""
    holder, key = rnd.choice(places(document, []))
    how = rnd.randrange(6)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[rnd.choice(["x", "id", "max", "amount", "amount_from", "of", "to", "round", "then", "status", "floor_each", "cap_each"])] = copy.deepcopy(rnd.choice(ODD))
    elif how == 2 and isinstance(holder, list):
        holder.insert(rnd.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
    elif how == 3 and isinstance(holder, list):
        holder[:] = holder * rnd.choice([2, 40])
    elif how == 4 and type(holder[key]) is int:
        holder[key] += rnd.choice([-1, 1])
    else:
        holder[key] = copy.deepcopy(rnd.choice(ODD))


def damaged(rnd, document):
    """The document as text, with one or two values changed, or a token put into its text."""
    document = copy.deepcopy(document)
    if rnd.random() < 0.2:
        text = json.dumps(document)
        at = rnd.randrange(len(text) + 1)
        return text[:at] + rnd.choice(TOKENS) + text[at + rnd.choice([0, 0, 1, 3]):]
    for _ in range(rnd.choice([1, 1, 1, 2])):
        if document:
            break_value(rnd, document)
    return json.dumps(document, ensure_ascii=rnd.random() < 0.5)
