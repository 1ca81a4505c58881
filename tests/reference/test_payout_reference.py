# SPDX-License-Identifier: AGPL-3.0-or-later
"""The calculators against the reference implementation: random rules, inputs, credits and plans through both, compared
byte by byte. Needs the built command line: $CH_BIN/commonhold (default build/bin)."""

import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import payout

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CH_BIN", ROOT / "build" / "bin")) / "commonhold"
SEED = int(os.environ.get("CH_SEED", "20260301"))
RUNS = int(os.environ.get("CH_RUNS", "2000"))
STATUSES = ["active", "lapsed", "suspended", "left", "expelled", "deceased"]
FUNDS = ["Income:OperationsShare", "Equity:Reserve:Legal", "Equity:Fund:Commons", "Equity:Fund:Solidarity"]
VECTORS = ROOT / "tests" / "unit" / "payout"


def amount(rnd):
    return rnd.choice([0, 1, rnd.randrange(100), rnd.randrange(10**6), rnd.randrange(2**53)])


def maybe(rnd, target, name, make, chance=0.4):
    if rnd.random() < chance:
        target[name] = make()


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
    step.update(parts=[make_part(rnd) for _ in range(rnd.choice([1, 1, 2, 3]))], leftover_to=rnd.choice(FUNDS))
    maybe(rnd, step, "eligible", lambda: make_eligible(rnd))
    if rnd.random() < 0.6:
        maybe(rnd, step, "floor_each", lambda: rnd.choice([0, 1, rnd.randrange(100), amount(rnd)]), 0.6)
        if rnd.random() < 0.4:
            den = rnd.randint(1, 20)
            step["cap_each"] = {"num": rnd.randint(0, den), "den": den}
        elif rnd.random() < 0.5:
            step["cap_each"] = step.get("floor_each", 0) + rnd.choice([0, 5, amount(rnd)])
            step["cap_each"] = min(step["cap_each"], payout.MAX)


def make_base(rnd, step, earlier):
    den = rnd.choice([1, 2, 3, 100, rnd.randint(1, 1000000)])
    step.update(num=rnd.choice([den, rnd.randint(0, den)]), den=den)
    step["of"] = rnd.choice(["gross", "remaining"] + ["after:" + e for e in earlier])
    maybe(rnd, step, "round", lambda: rnd.choice(["up", "down", "half_up"]))


def make_step(rnd, earlier, recipients):
    kinds = ["fixed", "percent", "until_target", "split", "split", "carry", "require"]
    kind = rnd.choice(kinds + (["assign"] if recipients else []))
    step = {"id": "s%d" % len(earlier), "kind": kind}
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


def make_inputs(rnd):
    scale = rnd.choice([3, 100, 2**40 + 1])
    recipients = []
    for i in range(rnd.choice([0, 1, 2, 3, 5, 12, 40])):
        r = {"id": "%s%d" % (rnd.choice("MZa"), i), **figures(rnd, scale)}
        maybe(rnd, r, "status", lambda: rnd.choice(STATUSES))
        maybe(rnd, r, "equal", lambda: rnd.randrange(2))
        maybe(rnd, r, "tenure", lambda: rnd.randrange(scale))
        recipients.append(r)
    contributions = []
    for i in range(rnd.choice([0, 1, 3, 15]) if recipients else 0):
        who = rnd.sample([r["id"] for r in recipients], rnd.randint(1, min(4, len(recipients))))
        shares = [{"recipient": w, "share": rnd.choice([0, 1, rnd.randint(0, 1000000)])} for w in who]
        shares[0]["share"] = rnd.randint(1, 5)
        contributions.append({"id": "C%d" % i, **figures(rnd, scale), "contributors": shares})
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
    maybe(rnd, charge, "free", lambda: rnd.choice([0, rnd.randrange(5000), payout.MAX]))
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


def make_usage(rnd):
    meters = {}
    for name in rnd.sample(["rows", "req", "x", "other"], rnd.randint(0, 4)):
        meters[name] = {"units": rnd.choice([0, 1, rnd.randrange(20000), rnd.randrange(2**40)])}
        maybe(rnd, meters[name], "sample", lambda: rnd.randrange(300))
    usage = {"schema": "price-usage/1", "period": "2026-03", "currency": "EUR", "meters": meters}
    usage["tier"] = rnd.choice(["gold", "none"])
    maybe(rnd, usage, "declared_revenue", lambda: amount(rnd))
    return usage


@unittest.skipUnless(BIN.exists(), "%s is not built" % BIN)
class Differential(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        print("seed", SEED, "runs", RUNS)

    def write(self, name, document):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="ascii") as out:
            json.dump(document, out)
        return path

    def calc(self, command, **documents):
        arguments = [str(BIN), "calc", command]
        for name, document in documents.items():
            arguments += ["--" + name, self.write(name, document)]
        done = subprocess.run(arguments, capture_output=True, timeout=60, check=False)
        self.assertIn(done.returncode, (0, 2), done.stderr)
        if done.returncode == 2:
            self.assertEqual(done.stdout, b"")
            return None, done.stderr.decode()
        return done.stdout.decode("ascii"), ""

    def same(self, seed, command, make, **documents):
        text, error = self.calc(command, **documents)
        try:
            expected = payout.canonical(make()) + "\n"
        except payout.Refused:
            expected = None
        if text != expected:
            self.fail("seed %d: %s differs %s\n%s\n%s\n%s" % (seed, command, error, documents, text, expected))
        return text

    def test_distribute_and_clawback(self):
        refused = clamped = 0
        for seed in range(SEED, SEED + RUNS):
            rnd = random.Random(seed)
            inputs = make_inputs(rnd)
            rule = make_rule(rnd, [r["id"] for r in inputs["recipients"]])
            text = self.same(seed, "distribute", lambda: payout.distribute(rule, inputs), rule=rule, inputs=inputs)
            if text is None:
                refused += 1
                continue
            result = json.loads(text)
            clamped += any("clamp" in s for s in result["steps"])
            credit = make_clawback(rnd, result)
            self.same(
                seed,
                "clawback",
                lambda: payout.clawback(rule, result, credit),
                rule=rule,
                result=result,
                inputs=credit,
            )
        self.assertLess(refused, RUNS // 10)
        self.assertGreater(clamped, RUNS // 20)

    def test_price(self):
        for seed in range(SEED, SEED + RUNS):
            rnd = random.Random(seed)
            plan, usage = make_plan(rnd), make_usage(rnd)
            self.same(seed, "price", lambda: payout.price(plan, usage), plan=plan, usage=usage)


class Golden(unittest.TestCase):
    """The reference alone against the published hashes, so that it is no mirror of the program."""

    def load(self, name):
        return json.loads((VECTORS / name).read_text(encoding="ascii"))

    def test_d19_d20(self):
        for name, expected in (
            ("d19", "d80eedc171d72d5ed918f10539322241bfa4321ab8726997916fb90eb12f3217"),
            ("d20", "6b7e76c7622d8c4616f09ad876f05d2f7ca0189d56487f05ee59baf81eddf213"),
        ):
            result = payout.distribute(self.load(name + ".rule.json"), self.load(name + ".inputs.json"))
            self.assertEqual(result["hash"], expected)

    def test_c1_c2(self):
        rule, result = self.load("d19.rule.json"), self.load("d19.result.json")
        for name, expected in (
            ("c1", "0c4dee1ceac56d7be9f37b92144d28417d1077bec9067c0dea5cbb1c026624f7"),
            ("c2", "9508f352c9504fdefade8c008710fa125189aa0ddda505a9608cc5e54024d455"),
        ):
            self.assertEqual(payout.clawback(rule, result, self.load(name + ".inputs.json"))["hash"], expected)


if __name__ == "__main__":
    unittest.main()
