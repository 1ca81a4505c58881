# SPDX-License-Identifier: AGPL-3.0-or-later
"""Differencing: what a grant's answers say together. Known attacks one by one; then random pairs of queries against an attacker who knows
every combination. CH_ROUNDS sets how many pairs (default 300)."""
import itertools
import os
import random

import pytest

from test_aggregates import Queries, exact, small_pool
from test_metering import bump, uid

K, PRIME = 3, 2147483647
PLAN = [{"name": name, "rule": "keep"} for name in ("lat", "lon", "pm10", "device")]


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(sign_in=False, roles=("metering",), settings={"common": {"processes": 2, "requests_per_client": 64}})
    made = Queries(trust, stack)
    yield made
    stack.release(trust)


def answers(world, ref, *queries, cohort=5):
    """Slugs of these queries under one fresh grant."""
    name = world.fresh(ref, plan=PLAN, cohort=cohort)
    return [world.ask(query, name, ref).slug for query in queries]


@pytest.fixture(scope="module")
def street(world):
    """Twelve members, each at their own device, each with a row for each hour (lon) 0 ... 9; the last has odd values of pm10."""
    rows = [(f"m{m:02}", {"device": f"d{m:02}", "lat": m % 2, "lon": hour, "pm10": 10 * hour + (5 if m == 11 else 0)}) for m in range(12) for hour in range(10)]
    small_pool(world, "street", rows)
    return "street"


def test_leaving_one_out(world, street):
    assert answers(world, street, "", "?device=neq.d11") == ["ok", "differencing"]
    assert answers(world, street, "?device=neq.d11", "") == ["ok", "differencing"]
    assert answers(world, street, "?by=lon", "?by=lon&device=neq.d03") == ["ok", "differencing"]
    assert answers(world, street, "?device=neq.d11", "?device=neq.d10") == ["ok", "differencing"]
    assert answers(world, street, "", "?lat=eq.0") == ["ok", "ok"]  # six members less


def test_same_members_other_rows(world, street):
    """Both answers are of all twelve; between them lie rows of one."""
    assert answers(world, street, "?pm10=lt.50", "?pm10=lte.45") == ["ok", "ok"]  # the same rows, in other words
    assert answers(world, street, "?pm10=lte.45", "?pm10=lte.40") == ["ok", "differencing"]
    assert answers(world, street, "?pm10=lte.40", "?pm10=lte.30") == ["ok", "ok"]


def test_a_cell_and_a_union(world, street):
    """A filter against the sum of cells, in both orders."""
    assert answers(world, street, "?by=lon", "?lon=lt.4") == ["ok", "ok"]
    assert answers(world, street, "?by=lon", "?pm10=lte.40") == ["ok", "differencing"]
    assert answers(world, street, "?pm10=lte.40", "?by=lon") == ["ok", "differencing"]
    assert answers(world, street, "?by=lon,lat", "?by=lat&pm10=lte.40") == ["ok", "differencing"]


def test_three_answers(world, street):
    """A whole and two parts that leave one member out; and three whose halves are one."""
    low, high = "device=in.(d00,d01,d02,d03,d04)", "device=in.(d05,d06,d07,d08,d09,d10)"
    assert answers(world, street, "?" + low, "?" + high, "") == ["ok", "ok", "differencing"]
    assert answers(world, street, "", "?" + high, "?" + low) == ["ok", "ok", "differencing"]
    one = "?device=in.(d00,d01,d02,d03,d04,d11)", "?device=in.(d05,d06,d07,d08,d09,d11)", "?device=in.(d00,d01,d02,d03,d04,d05,d06,d07,d08,d09)"
    assert answers(world, street, *one) == ["ok", "ok", "differencing"]


def test_suppressed_cells_stay_so(world, street):
    """Cells too small for themselves are not told by ranges that hold some of them."""
    rows = [(f"n{m}", {"device": "x", "lat": 0 if m < 8 else m, "lon": 0, "pm10": m}) for m in range(14)]
    small_pool(world, "few", rows)
    assert answers(world, "few", "?by=lat", "?lat=lte.8") == ["ok", "differencing"]
    assert answers(world, "few", "", "?by=lat", "?lat=in.(0,8,9)") == ["ok", "ok", "differencing"]


def test_asked_again(world, street):
    """The same question is answered again from the same rows, whatever the order of its parts; other questions do not stand in its way."""
    name = world.fresh(street, plan=PLAN)
    first = exact(world.ask("?by=lon&pm10=gte.5&measure=count,sum(pm10)", name, street))
    assert exact(world.ask("?by=lat", name, street))["cells"]
    for query in ("?by=lon&pm10=gte.5&measure=count,sum(pm10)", "?measure=count,sum(pm10)&pm10=gte.5&by=lon"):
        assert exact(world.ask(query, name, street))["cells"] == first["cells"]
    assert world.trust.sql("SELECT count(*) FROM metering.query_answer WHERE grant_id = %s", uid("grant " + name)) == [(2,)]


def test_one_who_joins(world):
    """Data that changes by few members is not told by asking again; a grant that has not asked sees it, and so do all when enough have come."""
    rows = [(f"j{m}", {"device": "x", "lat": 0, "lon": 0, "pm10": m}) for m in range(8)]
    small_pool(world, "grow", rows)
    name = world.fresh("grow", plan=PLAN)
    assert exact(world.ask("", name, "grow"))["cells"] == [{"count": 8}]

    def join(c, number):
        bump(c, world, "grow")
        key = world.contribution(c, "grow", f"new {number}", 1)
        c.execute(f"INSERT INTO {world.tables['grow']} (contribution_id, lat, lon, pm10, device) VALUES (%s, 0, 0, 1, 'x')", (key,))
    world.write(lambda c: join(c, 0))
    assert world.ask("", name, "grow").slug == "differencing"
    assert exact(world.ask("", world.fresh("grow", plan=PLAN), "grow"))["cells"] == [{"count": 9}]
    world.write(lambda c: [join(c, n) for n in range(1, 5)])
    assert exact(world.ask("", name, "grow"))["cells"] == [{"count": 13}]


def test_two_at_once(world, street):
    """Of two that must not both be answered, at most one is, though neither had seen the other when it began."""
    import threading
    for _ in range(int(os.environ.get("CH_ROUNDS", "300")) // 30):
        name, slugs = world.fresh(street, plan=PLAN), []
        threads = [threading.Thread(target=lambda q=q: slugs.append(world.ask(q, name, street).slug)) for q in ("", "?device=neq.d11")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(slugs) == ["differencing", "ok"]


# ---- random pairs ----

class Attacker:
    """Knows which rows went into each shown cell, and looks for a combination that rests on fewer than K members."""

    def __init__(self, rows):
        self.rows, self.lines = rows, []

    def learn(self, query, cells):
        by, wanted = query
        groups = {}
        for place, (_, row) in enumerate(self.rows):
            if all(row[name] in values for name, values in wanted.items()):
                groups.setdefault(tuple(row[name] for name in by), set()).add(place)
        for cell in cells:
            places = groups[tuple(type(self.rows[0][1][name])(cell[name]) for name in by)]
            assert cell["count"] == len(places)
            self.lines.append(places)

    def wins(self):
        atoms = {}
        for place, (member, _) in enumerate(self.rows):
            signature = tuple(place in line for line in self.lines)
            if any(signature):
                atoms.setdefault(signature, set()).add(member)
        ordered = sorted(atoms, key=lambda s: len(atoms[s]) < K)
        heavy = sum(len(atoms[s]) >= K for s in ordered)
        basis = echelon([[int(s[i]) for s in ordered] for i in range(len(self.lines))])
        light = [row[heavy:] for row in basis if not any(row[:heavy])]
        few = [atoms[s] for s in ordered[heavy:]]
        if not light:
            return False
        for some in itertools.combinations(sorted(set().union(*few)), K - 1):
            outside = [i for i, members in enumerate(few) if not members <= set(some)]
            if len(echelon([[row[i] for i in outside] for row in light])) < len(light):
                return True
        return len(set().union(*few)) < K


def echelon(rows):
    """Independent rows, in echelon form modulo a prime."""
    rows, done = [row[:] for row in rows], []
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        inverse = pow(pivot[column], -1, PRIME)
        rows = [[(a - row[column] * inverse * b) % PRIME for a, b in zip(row, pivot)] if row[column] else row for row in rows]
        done.append(pivot)
    return done


VALUES = {"device": [f"d{i}" for i in range(5)], "lat": list(range(4)), "pm10": list(range(6))}


def random_rows(generator, at_home):
    rows = []
    for _ in range(70):
        member = generator.randrange(12)
        row = {name: generator.choice(values) for name, values in VALUES.items()}
        if at_home:
            row["device"], row["lat"] = f"d{member % 5}", member % 4
        rows.append((f"r{member:02}", row))
    return rows


def random_query(generator):
    by = generator.sample(["device", "lat"], generator.randrange(3))
    wanted = {name: generator.sample(values, generator.randrange(1, len(values) + 1)) for name, values in VALUES.items() if generator.random() < 0.4}
    parts = (["by=" + ",".join(by)] if by else []) + [f"{name}=in.({','.join(map(str, values))})" for name, values in wanted.items()]
    return "?" + "&".join(parts), (by, wanted)


def test_the_attacker_is_able():
    rows = [(f"r{m}", {"device": "d0", "lat": m, "pm10": 0}) for m in range(4)]
    attacker = Attacker(rows)
    attacker.learn(([], {}), [{"count": 4}])
    assert not attacker.wins()
    attacker.learn(([], {"lat": [0, 1, 2]}), [{"count": 3}])
    assert attacker.wins()


def test_random_pairs(world):
    seed = int(os.environ.get("CH_SEED", "20260803"))
    rounds = int(os.environ.get("CH_ROUNDS", "300"))
    print("seed", seed, "rounds", rounds)
    generator, counts = random.Random(seed), {}
    pools = []
    for number in range(4):
        pools.append((f"rand{number}", random_rows(generator, number % 2 == 0)))
        small_pool(world, *pools[-1])
    for number in range(rounds):
        ref, rows = generator.choice(pools)
        name, attacker, slugs = world.fresh(ref, plan=PLAN, cohort=K), Attacker(rows), []
        for _ in range(2):
            text, query = random_query(generator)
            got = world.ask(text, name, ref)
            slugs.append(got.slug)
            if got.slug == "ok":
                attacker.learn(query, got.json["cells"])
        assert not attacker.wins(), (number, ref, slugs)
        counts[tuple(slugs)] = counts.get(tuple(slugs), 0) + 1
    print(counts)
    assert set(itertools.chain(*counts)) <= {"ok", "differencing", "cohort_too_small"}
    assert counts[("ok", "ok")] > rounds / 3 and counts.get(("ok", "differencing"), 0) > 0
