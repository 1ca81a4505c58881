# SPDX-License-Identifier: AGPL-3.0-or-later
"""A5 against splits of every kind: random rules with eligibility, floors and caps are shared by the real services, and the auditor, who asks only who may
have a share and within which bounds, has nothing to say; then one line or one leftover at a time is changed, and it says exactly what.

CH_ROUNDS: how many rules; CH_SEED: which."""
import contextlib
import json
import os
import random
import subprocess

import pytest

from running import Payday
from stack import BIN

ROUNDS = int(os.environ.get("CH_ROUNDS", "8"))
SEED = int(os.environ.get("CH_SEED", "20261123"))
PEOPLE = ("ada", "ben", "cem", "eva", "fay", "gil")


def random_rule(draw, number):
    """One split of one to three parts; every second one with a floor, a cap, or both."""
    parts = [{"share": draw.randint(1, 9), "weight": weight, **({"then": "contribution"} if through and weight != "tenure" else {})}
             for weight, through in ((draw.choice(["usage", "usage*quality", "equal", "tenure"]), draw.random() < 0.6) for _ in range(draw.randint(1, 3)))]
    step = {"id": "people", "kind": "split", "of": "gross", "num": 1, "den": 1, "parts": parts, "leftover_to": "Equity:Fund:Commons"}
    if draw.random() < 0.7:
        step["eligible"] = {"status": draw.choice([["active"], ["active", "suspended"], ["left"]]), **draw.choice([{}, {"min_units": draw.choice([1, 50, 400]), "window_days": 30}])}
    if number % 2:
        step.update(draw.choice([{"floor_each": draw.randint(1, 900)}, {"cap_each": draw.randint(900, 2500)}, {"cap_each": {"num": 1, "den": draw.randint(4, 9)}},
                                 {"floor_each": 300, "cap_each": draw.randint(300, 1800)}]))
    return {"schema": "benefit-rule/1", "rule": "main", "currency": "EUR", "steps": [step], "remainder": "largest_remainder/sha256"}


@pytest.fixture(scope="module")
def shared(stack):
    """A trust that shared money by many rules: [(run, its step, its head's step)]."""
    trust, draw = stack.trust(), random.Random(SEED)
    print(f"CH_SEED={SEED} CH_ROUNDS={ROUNDS}")
    day = Payday(trust, PEOPLE)
    more = [day.add_contribution(name, draw.choice([0, 333333, 900000])) for name in PEOPLE[:3]]
    day.seal({c: draw.choice([0, 7, 120, 500, 4000]) for c in (*day.contributions.values(), *more)})
    day.past_guards("governance.standing", "INSERT INTO governance.standing (member_id, seq, standing, since_at, reason) SELECT "
                    f"'{day.member('gil')}', 99, 'suspended', now() - interval '10 minutes', 'test'")
    made = []
    for number in range(ROUNDS):
        rule = day.in_force(random_rule(draw, number))
        run = day.distribute(draw.choice([1, 9999, 10000]))
        step, = trust.sql("SELECT head->'steps'->0 FROM payout.run WHERE id = %s", run["id"])[0]
        made.append((run["id"], rule["steps"][0], step))
    trust.stop()
    yield trust, day, made
    stack.release(trust)


def audit(trust, checks="A5"):
    done = subprocess.run([BIN / "commonhold-audit", "--source", trust.database.replace("user=commonhold", "user=ch_audit"), "--report", "json", "--full", "--checks", checks],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode < 3, done.stderr
    return [(f["object_type"], f["object"], f["aspect"], f["expected"], f["found"], f["delta_minor"], f["direction"]) for f in json.loads(done.stdout)["findings"]]


def test_every_lawful_split_is_clean(shared):
    trust, _, made = shared
    assert audit(trust, "A3,A5") == [], made


def lines(trust, run):
    return dict(trust.sql("SELECT member_id::text, minor FROM payout.run_line WHERE run = %s", run))


@contextlib.contextmanager
def line_of(trust, day, run, member, minor, at):
    """The member's line of a run as if it were of this amount, or not there; then as it was."""
    before = trust.sql("SELECT minor, line FROM payout.run_line WHERE run = %s AND member_id = %s", run, member)
    where = f"run = '{run}' AND member_id = '{member}'"

    def put(amount, line):
        put_in = f"INSERT INTO payout.run_line (run, member_id, index, minor, line) VALUES ('{run}', '{member}', {at}, {amount}, '{line}')" if amount else "SELECT 1"
        day.past_guards("payout.run_line", f"WITH gone AS (DELETE FROM payout.run_line WHERE {where} RETURNING 1) SELECT count(*) FROM gone")
        day.past_guards("payout.run_line", put_in)
    put(minor, json.dumps({"amount": minor, "id": member, "steps": [{"id": "people", "amount": minor}]}))
    try:
        yield
    finally:
        put(*(before[0] if before else (0, "")))


def test_whoever_may_have_nothing_is_told(shared):
    trust, day, made = shared
    tried = 0
    for run, step, _ in made:
        if "eligible" not in step or "suspended" in step["eligible"]["status"]:
            continue
        member = day.member("gil")
        with line_of(trust, day, run, member, 3, 99):
            assert audit(trust) == [("run_line", f"{run}/{member}", "eligibility in step people", "0", "3", 3, "member")], step
        tried += 1
    assert tried > 0


def test_a_unit_above_the_cap_is_told(shared):
    trust, day, made = shared
    tried = 0
    for run, step, told in made:
        cap = step.get("cap_each")
        if cap is None:
            continue
        cap = cap if isinstance(cap, int) else told["amount"] * cap["num"] // cap["den"]
        member = next((m for m, minor in lines(trust, run).items() if minor == cap), None)
        if member:
            with line_of(trust, day, run, member, cap + 1, 0):
                assert audit(trust) == [("run_line", f"{run}/{member}", "cap in step people", str(cap), str(cap + 1), 1, "member")], step
            tried += 1
    assert tried > 0


def test_a_unit_below_the_floor_is_told(shared):
    trust, day, made = shared
    tried = 0
    for run, step, _ in made:
        floor = step.get("floor_each", 0)
        flags, = trust.sql("SELECT head->'flags' FROM payout.run WHERE id = %s", run)[0]
        member = next((m for m, minor in lines(trust, run).items() if minor >= floor > 1), None)
        if member and not any(flag.startswith("floors_unfunded") for flag in flags):
            with line_of(trust, day, run, member, floor - 1, 0):
                assert audit(trust) == [("run_line", f"{run}/{member}", "floor in step people", str(floor), str(floor - 1), -1, "member")], step
            tried += 1
    assert tried > 0


def test_a_unit_too_much_left_over_is_told(shared):
    trust, day, made = shared
    for run, step, told in made:
        left = told["leftover"]
        for value in (left + 1, left):
            day.past_guards("payout.run", f"UPDATE payout.run SET head = jsonb_set(head, '{{steps,0,leftover}}', '{value}') WHERE id = '{run}'")
            expected = [("run", run, "leftover in step people", str(left), str(value), 1, "trust")] if value != left else []
            assert audit(trust) == expected, step
    assert any(told["leftover"] for *_, told in made)
