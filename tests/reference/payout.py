# SPDX-License-Identifier: AGPL-3.0-or-later
"""Distribution with its trace, clawback and price a second time, written from the specification alone, in exact integers
and fractions. Slow on purpose: every step is the sentence it implements. Documents are taken as lawful, which
payout_documents.py judges, except for what only the arithmetic can refuse (Refused)."""

import hashlib
import json
from fractions import Fraction

MAX = 2**53 - 1


class Refused(Exception):
    pass


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(value):
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()


def rounded(value, how):
    """An exact fraction to an integer: down, up or half_up."""
    floor = value.numerator // value.denominator
    if how == "down":
        return floor
    if how == "up":
        return -((-value.numerator) // value.denominator)
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


class Shares:
    """A(T, {(path, w)}) of the rule page: amounts by path, and what explains the last unit."""

    def __init__(self, run_id, total, weights):
        self.total, self.weights = total, weights
        self.weight_total = sum(weights.values())
        self.amounts = {path: 0 for path in weights}
        self.extra = 0
        self.cutoff = None
        if len(weights) > 2**24 or self.weight_total >= 2**74:
            raise Refused("weight_overflow")
        if self.weight_total == 0:
            return
        order = []
        for path, weight in weights.items():
            quotient, remainder = divmod(total * weight, self.weight_total)
            self.amounts[path] = quotient
            tie = hashlib.sha256(run_id.encode() + b"\0" + path).digest()
            order.append((-remainder, tie, path))
        self.extra = total - sum(self.amounts.values())
        order.sort()
        for minus_remainder, tie, path in order[: self.extra]:
            self.amounts[path] += 1
            self.cutoff = {"remainder": str(-minus_remainder), "tie": tie.hex()}

    def row(self, path, level, part=None, contribution=None):
        """How one entry came to its amount. All numbers of a trace are decimal strings."""
        quotient, remainder = divmod(self.total * self.weights[path], self.weight_total) if self.weight_total else (0, 0)
        amount = self.amounts[path]
        out = trace_row(level, self.total, self.weights[path], self.weight_total, amount, part, contribution)
        out.update(quotient=str(quotient), remainder=str(remainder), extra=str(amount - quotient))
        return out


def trace_row(level, total, weight, weight_total, amount, part=None, contribution=None, frozen=None):
    """A row without apportionment: what is frozen has neither quotient nor remainder."""
    return {
        "level": level,
        "part": part if part is None else str(part),
        "contribution": contribution,
        "total": str(total),
        "weight": str(weight),
        "weight_total": str(weight_total),
        "quotient": "0",
        "remainder": "0",
        "extra": "0",
        "amount": str(amount),
        "frozen": frozen,
    }


def normal_inputs(inputs):
    def party(given, contribution):
        out = {
            "id": given["id"],
            "units": given.get("units", 0),
            "quality_ppm": given.get("quality_ppm", 1000000),
            "external": given.get("external", 0),
            "window_units": given.get("window_units", given.get("units", 0)),
            "distinct_licensees": given.get("distinct_licensees", 0),
        }
        if contribution:
            out["contributors"] = sorted(
                ({"recipient": c["recipient"], "share": c["share"]} for c in given["contributors"]),
                key=lambda c: c["recipient"],
            )
        else:
            out["status"] = given.get("status", "active")
            out["equal"] = given.get("equal", 1)
            out["tenure"] = given.get("tenure", 0)
        return out

    return {
        "schema": "distribution-inputs/1",
        "pot": inputs["pot"],
        "currency": inputs["currency"],
        "rail_fees": inputs.get("rail_fees", 0),
        "balances": inputs.get("balances", {}),
        "recipients": sorted((party(r, False) for r in inputs.get("recipients", [])), key=lambda r: r["id"]),
        "contributions": sorted((party(c, True) for c in inputs.get("contributions", [])), key=lambda c: c["id"]),
    }


def path(*pieces):
    return b"\0".join(piece.encode() for piece in pieces)


class Split:
    def __init__(self, run, step, amount):
        self.run, self.step, self.amount = run, step, amount
        self.recipients = {r["id"]: r for r in run.inputs["recipients"]}
        self.given = {identity: 0 for identity in self.recipients}
        self.leftover = 0
        self.parts = []
        self.rows = []
        self.clamp = None
        self.eligible = step.get("eligible", {})
        self.clamped = step.get("floor_each", 0) > 0 or "cap_each" in step
        self.execute()

    def status_counts(self, recipient):
        listed = self.eligible.get("status")
        return listed is None or self.recipients[recipient]["status"] in listed

    def figures_pass(self, party):
        return party["window_units"] >= self.eligible.get("min_units", 0) and party[
            "distinct_licensees"
        ] >= self.eligible.get("min_distinct_licensees", 0)

    def recipient_passes(self, recipient):
        return self.status_counts(recipient["id"]) and self.figures_pass(recipient)

    def contributors(self, contribution):
        return {
            c["recipient"]: c["share"] if self.status_counts(c["recipient"]) else 0 for c in contribution["contributors"]
        }

    def weight(self, party, kind, contribution):
        if kind == "usage":
            return party["units"]
        if kind == "usage*quality":
            return party["units"] * party["quality_ppm"]
        if kind == "equal":
            return 1 if contribution else party["equal"]
        return party[kind]

    def part_weights(self, part):
        """id -> weight, over recipients or contributions."""
        if "then" in part:
            return {
                c["id"]: self.weight(c, part["weight"], True)
                if self.figures_pass(c) and sum(self.contributors(c).values()) > 0
                else 0
                for c in self.run.inputs["contributions"]
            }
        return {
            r["id"]: self.weight(r, part["weight"], False) if self.recipient_passes(r) else 0
            for r in self.run.inputs["recipients"]
        }

    def execute(self):
        step = self.step
        pot = Shares(
            self.run.run_id,
            self.amount,
            {path("%s/%d" % (step["id"], k)): part["share"] for k, part in enumerate(step["parts"])},
        )
        weights_of_parts = []
        shared = 0
        for k, part in enumerate(step["parts"]):
            amount = pot.amounts[path("%s/%d" % (step["id"], k))]
            weights = self.part_weights(part)
            weights_of_parts.append(weights)
            total = sum(weights.values())
            if total >= 2**74:
                raise Refused("weight_overflow")
            entry = {"amount": amount, "weight_total": str(total)}
            self.parts.append(entry)
            if total == 0:
                self.leftover += amount
                self.run.flags.add("empty_part:%s/%d" % (step["id"], k))
                continue
            shared += amount
            if not self.clamped:
                self.share_part(k, part, entry, amount, weights)
        if self.clamped:
            self.share_clamped(shared, weights_of_parts)

    def share_part(self, k, part, entry, amount, weights):
        traced = self.run.explain
        shares = Shares(self.run.run_id, amount, {path(i): w for i, w in weights.items()})
        entry["extra"], entry["cutoff"] = shares.extra, shares.cutoff
        if "then" not in part:
            for identity in weights:
                self.given[identity] += shares.amounts[path(identity)]
            if traced:
                self.rows.append(shares.row(path(traced), "recipient", k))
            return
        for contribution in self.run.inputs["contributions"]:
            name = contribution["id"]
            inner = self.contributors(contribution)
            inside = Shares(
                self.run.run_id, shares.amounts[path(name)], {path(name, who): share for who, share in inner.items()}
            )
            for who in inner:
                self.given[who] += inside.amounts[path(name, who)]
            if traced in inner:
                self.rows.append(shares.row(path(name), "contribution", k, name))
                if weights[name]:
                    self.rows.append(inside.row(path(name, traced), "contributor", k, name))

    def clamp_weights(self, weights_of_parts):
        parts = self.step["parts"]
        if len(parts) == 1 and "then" not in parts[0]:
            return dict(weights_of_parts[0])
        v = {identity: 0 for identity in self.recipients}
        for part, weights in zip(parts, weights_of_parts):
            total = sum(weights.values())
            if total == 0:
                continue
            if "then" not in part:
                for identity, weight in weights.items():
                    v[identity] += part["share"] * (2**50 * weight // total)
                continue
            for contribution in self.run.inputs["contributions"]:
                inner = self.contributors(contribution)
                scaled = 2**50 * weights[contribution["id"]] // total
                for who, share in inner.items():
                    if scaled:
                        v[who] += part["share"] * (scaled * share // sum(inner.values()))
        return v

    def share_clamped(self, pot, weights_of_parts):
        step = self.step
        v = self.clamp_weights(weights_of_parts)
        cap = step.get("cap_each")
        if isinstance(cap, dict):
            cap = self.amount * cap["num"] // cap["den"]
        floor = {}
        for recipient in self.run.inputs["recipients"]:
            identity = recipient["id"]
            holds = v[identity] > 0 or self.recipient_passes(recipient)
            wanted = step.get("floor_each", 0)
            floor[identity] = (wanted if cap is None else min(wanted, cap)) if holds else 0
        if sum(floor.values()) > pot:
            self.run.flags.add("floors_unfunded:" + step["id"])
            self.finish_clamp(pot, floor, {}, floor)
            return
        rest, opened, fixed = pot, set(v), {}
        while True:
            total = sum(v[i] for i in opened)
            proposal = {i: Fraction(rest * v[i], total) if total else Fraction(0) for i in opened}
            below = {i for i in opened if proposal[i] < floor[i]}
            above = {i for i in opened if cap is not None and proposal[i] > cap}
            if not below and not above:
                break
            balance = sum(floor[i] - proposal[i] for i in below) - sum(proposal[i] - cap for i in above)
            freeze = {}
            if balance >= 0:
                freeze.update({i: (floor[i], "floor") for i in below})
            if balance <= 0:
                freeze.update({i: (cap, "cap") for i in above})
            fixed.update(freeze)
            opened -= set(freeze)
            rest -= sum(amount for amount, _ in freeze.values())
        if sum(v[i] for i in opened) == 0:
            self.leftover += rest
            if rest > 0:
                self.run.flags.add("caps_bind:" + step["id"])
        self.finish_clamp(rest, {i: v[i] for i in opened}, fixed, v)

    def finish_clamp(self, rest, weights, fixed, v):
        shares = Shares(self.run.run_id, rest, {path(i): w for i, w in weights.items()})
        self.clamp = {
            "rest": rest,
            "weight_total": str(shares.weight_total),
            "extra": shares.extra,
            "cutoff": shares.cutoff,
        }
        for identity in weights:
            self.given[identity] = shares.amounts[path(identity)]
        self.given.update({identity: amount for identity, (amount, _) in fixed.items()})
        traced = self.run.explain
        if traced in fixed:
            amount, frozen = fixed[traced]
            self.rows.append(trace_row("clamp", rest, v[traced], shares.weight_total, amount, frozen=frozen))
        elif traced:
            self.rows.append(shares.row(path(traced), "clamp"))


class Run:
    def __init__(self, rule, inputs, explain=None):
        self.rule, self.run_id, self.explain = rule, inputs["run_id"], explain
        self.inputs = normal_inputs(inputs)
        self.remaining = self.pot = inputs["pot"]
        self.flags, self.funds, self.steps = set(), {}, []
        self.lines = {r["id"]: [] for r in self.inputs["recipients"]}
        self.after = {}
        self.rows, self.own = {}, {}  # of the recipient to explain, by step; an aborted run keeps them
        self.carried = self.leftover = 0
        self.aborted = False

    def base(self, step):
        of = step.get("of", "remaining")
        if of == "gross":
            return self.pot
        return self.remaining if of == "remaining" else self.after[of[len("after:") :]]

    def wanted(self, step, base):
        kind = step["kind"]
        if kind == "require":
            return step["at_least"]
        if "amount_from" in step:
            wanted = self.inputs["rail_fees"]
        elif "amount" in step:
            wanted = step["amount"]
        else:
            wanted = rounded(Fraction(base * step["num"], step["den"]), step.get("round", "down"))
        if kind == "until_target":
            balance = self.inputs["balances"][step["to"]] + self.funds.get(step["to"], 0)
            wanted = min(wanted, max(0, step["target"] - balance))
        return min(wanted, step.get("max", wanted))

    def give(self, step, entry):
        kind, amount = step["kind"], entry["amount"]
        if kind in ("fixed", "percent", "until_target"):
            entry["to"] = step["to"]
            self.funds[step["to"]] = self.funds.get(step["to"], 0) + amount
        elif kind == "carry":
            self.carried += amount
        elif kind == "assign":
            entry["to"] = step["recipient"]
            self.lines[step["recipient"]].append({"id": step["id"], "amount": amount})
            self.own[step["id"]] = amount if step["recipient"] == self.explain else 0
        else:
            split = Split(self, step, amount)
            self.rows[step["id"]], self.own[step["id"]] = split.rows, split.given.get(self.explain, 0)
            entry.update(to=step["leftover_to"], leftover=split.leftover, parts=split.parts)
            if split.clamp:
                entry["clamp"] = split.clamp
            self.leftover += split.leftover
            self.funds[step["leftover_to"]] = self.funds.get(step["leftover_to"], 0) + split.leftover
            for identity, share in split.given.items():
                self.lines[identity].append({"id": step["id"], "amount": share})

    def execute_step(self, step):
        base = self.base(step)
        wanted = self.wanted(step, base)
        entry = {"id": step["id"], "kind": step["kind"], "base": base, "wanted": wanted}
        self.steps.append(entry)
        if step["kind"] == "require":
            entry.update(amount=0, remaining=self.remaining, shortfall=base < wanted)
            if entry["shortfall"]:
                self.aborted = True
                self.flags.add("aborted:" + step["id"])
        else:
            amount = min(wanted, self.remaining)
            self.remaining -= amount
            entry.update(amount=amount, remaining=self.remaining, shortfall=amount < wanted)
            if entry["shortfall"]:
                self.flags.add("shortfall:" + step["id"])
            self.give(step, entry)
        self.after[step["id"]] = self.remaining

    def execute(self):
        for step in self.rule["steps"]:
            self.execute_step(step)
            if self.aborted:
                self.lines, self.funds, self.carried, self.leftover = {}, {}, self.pot, 0
                return
        if self.remaining:
            self.flags.add("undistributed")
            self.carried += self.remaining

    def result(self):
        lines = []
        for identity in sorted(self.lines):
            steps = [s for s in self.lines[identity] if s["amount"]]
            if steps:
                lines.append({"id": identity, "amount": sum(s["amount"] for s in steps), "steps": steps})
        out = {
            "schema": "distribution-result/1",
            "run_id": self.run_id,
            "rule": self.rule["rule"],
            "version": self.rule.get("version"),
            "currency": self.rule["currency"],
            "pot": self.pot,
            "rule_sha256": digest(self.rule),
            "inputs_sha256": digest(self.inputs),
            "outcome": "aborted" if self.aborted else "ok",
            "steps": self.steps,
            "lines": lines,
            "funds": [{"to": to, "amount": self.funds[to]} for to in sorted(self.funds) if self.funds[to]],
            "leftover": self.leftover,
            "carried": self.carried,
            "flags": sorted(self.flags),
        }
        out["hash"] = digest(out)
        return out


    def trace(self):
        def of(step):
            own, rows = self.own.get(step["id"], 0), self.rows.get(step["id"], [])
            return {"id": step["id"], "kind": step["kind"], "amount": own, "rows": rows}

        return {
            "schema": "distribution-trace/1",
            "run_id": self.run_id,
            "recipient": self.explain,
            "result_hash": self.result()["hash"],
            "steps": [of(step) for step in self.steps],
        }


def distribute(rule, inputs):
    run = Run(rule, inputs)
    run.execute()
    return run.result()


def explain(rule, inputs, recipient):
    run = Run(rule, inputs, recipient)
    run.execute()
    return run.trace()


def clawback(rule, result, inputs):
    refund = {"first_from": None, "fee_recovery": "keep", **rule.get("refund", {})}
    fund = inputs.get("refund_fund", 0) if refund["first_from"] else 0
    from_fund = min(inputs["amount"], fund)
    reversed_before = {r["id"]: r["amount"] for r in inputs.get("reversed", [])}
    weights = {f["to"]: f["amount"] for f in result["funds"]}
    weights.update({line["id"]: line["amount"] for line in result["lines"]})
    for identity in weights:
        weights[identity] -= reversed_before.get(identity, 0)
        if identity == "Income:FeeRecovery" and refund["fee_recovery"] == "keep":
            weights[identity] = 0
    rest = inputs["amount"] - from_fund
    covered = min(rest, sum(weights.values()))
    shares = Shares(inputs["run_id"], covered, {path(i): w for i, w in weights.items()})
    out = {
        "schema": "clawback-result/1",
        "run_id": inputs["run_id"],
        "original": result["hash"],
        "amount": inputs["amount"],
        "from_fund": from_fund,
        "lines": [
            {"id": i, "amount": shares.amounts[path(i)]} for i in sorted(weights) if shares.amounts[path(i)] > 0
        ],
        "uncovered": rest - covered,
    }
    out["hash"] = digest(out)
    return out


CLASSES = ["SAMPLE", "FIXED", "GRACE", "VARIABLE", "CAPPED"]


class Pricing:
    def __init__(self, plan, usage):
        self.plan, self.usage = plan, usage
        self.k = 1000000 - plan.get("discounts", {}).get(usage["tier"], 0)
        self.lines, self.flags, self.variable = [], set(), 0

    def amount(self, cost):
        """cost: exact, in millionths of a minor unit."""
        value = rounded(Fraction(cost) * self.k / 10**12, self.plan.get("round", "half_up"))
        return value

    def cost(self, charge, x, at):
        model, per = charge["model"], charge.get("per", 1)
        if model == "per_unit":
            return Fraction(x * charge["unit_micro"], per)
        if model == "package":
            return -(-x // charge["size"]) * charge["price"] * 10**6
        if model == "percent":
            return x * charge["rate_ppm"]
        if model == "volume":
            tier = next(t for t in charge["tiers"] if t["up_to"] is None or at <= t["up_to"])
            return Fraction(x * tier["unit_micro"], per) + tier.get("flat", 0) * 10**6 if x else 0
        cost, start = Fraction(0), 0
        for tier in charge["tiers"]:
            end = x if tier["up_to"] is None else min(x, tier["up_to"])
            if end > start:
                cost += Fraction((end - start) * tier["unit_micro"], per) + tier.get("flat", 0) * 10**6
                start = end
        return cost

    def line(self, charge, name, units, amount):
        if amount > MAX or units > MAX:
            raise Refused("too large")
        if units or amount:
            self.lines.append({"charge": charge, "class": name, "units": units, "amount": amount})

    def smallest(self, charge, b, room):
        low, high = 0, b
        while low < high:
            middle = (low + high) // 2
            if self.amount(self.cost(charge, middle, b)) >= room:
                high = middle
            else:
                low = middle + 1
        return low

    def charge(self, charge):
        name = charge["id"]
        if charge["model"] == "flat":
            self.line(name, "FIXED", 0, self.amount(charge["amount"] * 10**6))
            return
        meter = self.usage["meters"].get(charge.get("meter"), {})
        units = self.usage.get("declared_revenue", 0) if charge["model"] == "percent" else meter.get("units", 0)
        self.line(name, "SAMPLE", meter.get("sample", 0), 0)
        grace = min(units, charge.get("free", 0))
        self.line(name, "GRACE", grace, 0)
        b = x = units - grace
        amount = self.amount(self.cost(charge, b, b))
        if "cap" in self.plan and amount > self.plan["cap"] - self.variable:
            amount = self.plan["cap"] - self.variable
            x = self.smallest(charge, b, amount)
            self.flags.add("cap_reached")
        self.variable += amount
        self.line(name, "VARIABLE", x, amount)
        self.line(name, "CAPPED", b - x, 0)

    def result(self):
        for charge in self.plan["charges"]:
            self.charge(charge)
        minimum = rounded(Fraction(self.plan.get("minimum", 0) * self.k, 10**6), self.plan.get("round", "half_up"))
        paid = sum(line["amount"] for line in self.lines)
        if paid < minimum:
            self.line("minimum", "FIXED", 0, minimum - paid)
            self.flags.add("minimum_applied")
        named = {c.get("meter") for c in self.plan["charges"]}
        self.flags.update("unpriced:" + meter for meter in self.usage["meters"] if meter not in named)
        totals = {
            c: {k: sum(line[k] for line in self.lines if line["class"] == c) for k in ("units", "amount")}
            for c in CLASSES
        }
        total = sum(line["amount"] for line in self.lines)
        if total > MAX or any(t["units"] > MAX for t in totals.values()):
            raise Refused("too large")
        out = {
            "schema": "price-result/1",
            "plan": self.plan["plan"],
            "version": self.plan["version"],
            "period": self.usage["period"],
            "currency": self.plan["currency"],
            "tier": self.usage["tier"],
            "plan_sha256": digest(self.plan),
            "usage_sha256": digest(self.usage),
            "lines": self.lines,
            "totals": totals,
            "total": total,
            "flags": sorted(self.flags),
        }
        out["hash"] = digest(out)
        return out


def price(plan, usage):
    return Pricing(plan, usage).result()
