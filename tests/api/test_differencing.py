# SPDX-License-Identifier: AGPL-3.0-or-later
"""Differencing: what the answers to an organisation say together. Known attacks one by one; then random pairs and series of queries against an
attacker who tries every combination with every weight, in exact arithmetic. CH_ROUNDS sets how many pairs (default 200)."""
import itertools
import math
import os
import random

import pytest

from test_aggregates import Queries, exact, small_pool, to_organisation_of
from test_metering import bump, uid

K, ROUNDS = 3, int(os.environ.get("CH_ROUNDS", "200"))
PLAN = [{"name": name, "rule": "keep"} for name in ("lat", "lon", "pm10", "pm25", "device")]
LARGE = 50000  # rows that a contribution is said to have: the pool is one whose answers are kept as sums, not row by row


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
    """Both answers are of all twelve; between them lie rows of one, or none: a refusal does not tell which."""
    assert answers(world, street, "?pm10=lt.50", "?pm10=lte.45") == ["ok", "differencing"]
    assert answers(world, street, "?pm10=lt.50", "?pm10=lt.50&pm10=lt.50") == ["ok", "ok"]
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


def test_weights(world):
    """(A+T+B) + (A+T+C) - (B+C) - 2 A = 2 T: none of four answers stands out, and the last is refused; the others say nothing yet."""
    rows = [(f"w{m:02}", {"device": "x", "lat": 1 + m % 3, "lon": 0, "pm10": m}) for m in range(15)] + [("w15", {"device": "x", "lat": 4, "lon": 0, "pm10": 1234})]
    parts = ("1,4,2", "1,4,3", "2,3", "1")
    for ref, said in (("weights", None), ("weights-large", LARGE)):
        small_pool(world, ref, rows, said)
        for order in itertools.permutations(parts):
            slugs = answers(world, ref, *(f"?measure=sum(pm10)&lat=in.({part})" for part in order))
            assert slugs.count("differencing") == 1 and slugs[-1] == "differencing", (ref, order, slugs)


def test_sums_of_a_column(world):
    """(A+B) + (A+C) - (B+C) = 2 A, where one member of A alone has a value."""
    rows = [(f"c{m:02}", {"device": "x", "lat": 1 if m < 5 else 2 + m % 2, "lon": 0, "pm10": 1, "pm25": None if m < 4 else m}) for m in range(15)]
    small_pool(world, "sparse", rows)
    asked = [f"?measure=sum(pm25)&lat=in.({part})" for part in ("1,2", "1,3", "2,3")]
    assert answers(world, "sparse", *asked, cohort=3) == ["ok", "ok", "differencing"]


def test_missing_values(world):
    """avg with sum or count tells how many rows have no value: withheld where they are of too few members, however it is asked."""
    rows = [(f"n{m:02}", {"device": "x", "lat": n % 2, "lon": n, "pm10": m, "pm25": None if (m, n) == (3, 0) else m + n}) for m in range(12) for n in range(4)]
    for ref, said in (("missing", None), ("missing-large", LARGE)):
        small_pool(world, ref, rows, said)
        got = exact(world.ask("?measure=count,sum(pm25),avg(pm25),stddev(pm25),avg(pm10)", world.fresh(ref, plan=PLAN), ref))
        assert got["withheld"] == ["avg(pm25)", "stddev(pm25)"] and got["cells"][0]["sum(pm25)"] == sum(r[1]["pm25"] or 0 for r in rows)
        by = exact(world.ask("?by=lat&measure=avg(pm25)", world.fresh(ref, plan=PLAN), ref))
        assert [cell["avg(pm25)"] for cell in by["cells"]] == [None, None]  # with the other and the whole, the first would be told
        name = world.fresh(ref, plan=PLAN)
        assert [world.ask(query, name, ref).slug for query in ("?measure=count", "?pm25=is.not_null&measure=avg(pm25)")] == ["ok", "differencing"]


def test_refusals_tell_no_extreme(world):
    """A filter by order, or by what a value is not, that leaves nobody out is refused as one that leaves few out: bisection finds no single value."""
    rows = [(f"o{m:02}", {"device": f"d{m:02}", "lat": n % 2, "lon": 0, "pm10": 10 * n + m}) for m in range(12) for n in range(5)]
    rows += [("o07", {"device": "d07", "lat": 1, "lon": 0, "pm10": 13742})]
    for ref, said in (("oracle", None), ("oracle-large", LARGE)):
        small_pool(world, ref, rows, said)
        for first, then in (("", "?pm10=lte.{}"), ("?by=lat", "?by=lat&pm10=lt.{}"), ("", "?by=lat&pm10=lte.{}"), ("?pm10=lte.20000", "?pm10=lte.{}")):
            name = world.fresh(ref, plan=PLAN)
            assert world.ask(first, name, ref).slug == "ok"
            assert {world.ask(then.format(value), name, ref).slug for value in (14000, 13743, 13742, 13741, 100, 60)} == {"differencing"}
        assert answers(world, ref, "", "?device=neq.d03") == answers(world, ref, "", "?device=neq.d99") == ["ok", "differencing"]
        assert answers(world, ref, "?by=device,lat", "?by=lat", "?lat=eq.1", "?lat=neq.0", cohort=2)[1:] == ["ok"] * 3  # known from the cells


def test_two_grants(world, street):
    """Grants of one organisation are one asker; those of another are not held against it."""
    first, second, other = (world.fresh(street, plan=PLAN) for _ in range(3))
    to_organisation_of(world, first, second)
    assert world.ask("", first, street).slug == "ok"
    assert world.ask("?device=neq.d11", second, street).slug == "differencing"
    assert world.ask("", second, street).slug == "ok" and world.ask("?device=neq.d11", other, street).slug == "ok"


def test_answers_of_an_earlier_version(world, street):
    """They hold hashes that nothing can be compared with: their grant is answered no more, another of the organisation is."""
    old, new = (world.fresh(street, plan=PLAN) for _ in range(2))
    to_organisation_of(world, old, new)
    assert world.ask("", old, street).slug == "ok"

    def age(c):
        c.execute("SET LOCAL session_replication_role = replica")
        c.execute("ALTER TABLE metering.query_answer DISABLE TRIGGER append_only")
        c.execute("UPDATE metering.query_answer SET sketch = pg_catalog.set_byte(sketch, 0, 1) WHERE grant_id = %s", (uid("grant " + old),))
        c.execute("ALTER TABLE metering.query_answer ENABLE ALWAYS TRIGGER append_only")
    world.write(age)
    assert world.ask("?lat=eq.0", old, street).slug == "differencing" and world.ask("?lat=eq.0", new, street).slug == "ok"


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
    for _ in range(ROUNDS // 20):
        name, slugs = world.fresh(street, plan=PLAN), []
        threads = [threading.Thread(target=lambda q=q: slugs.append(world.ask(q, name, street).slug)) for q in ("", "?device=neq.d11")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(slugs) == ["differencing", "ok"]


# ---- random series ----

class Attacker:
    """Knows which rows went into each shown cell, and looks for a combination, with any weights, that rests on fewer than K members."""

    def __init__(self, rows):
        self.rows, self.counts, self.sums = rows, [], []

    def learn(self, query, cells):
        """Numbers of rows; and where an average is shown, how many have a value. Sums of values are of their own kind."""
        by, test = query
        groups = {}
        for place, (_, row) in enumerate(self.rows):
            if test(row):
                groups.setdefault(tuple(row[name] for name in by), set()).add(place)
        for cell in cells:
            places = groups[tuple(type(self.rows[0][1][name])(cell[name]) for name in by)]
            valued = {place for place in places if self.rows[place][1]["pm25"] is not None}
            assert cell["count"] == len(places)
            self.counts.append(places)
            if "sum(pm25)" in cell:
                assert (cell["sum(pm25)"] or 0) == sum(self.rows[place][1]["pm25"] for place in valued)
                self.sums.append(valued)
            if cell.get("avg(pm25)") is not None:
                self.counts.append(valued)

    def wins(self):
        return self.finds(self.counts) or self.finds(self.sums)

    def finds(self, lines):
        atoms = {}
        for place, (member, _) in enumerate(self.rows):
            signature = tuple(place in line for line in lines)
            if any(signature):
                atoms.setdefault(signature, set()).add(member)
        ordered = sorted(atoms, key=lambda s: len(atoms[s]) < K)
        heavy = sum(len(atoms[s]) >= K for s in ordered)
        basis = echelon([[int(s[i]) for s in ordered] for i in range(len(lines))])
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
    """Independent rows, in echelon form, in whole numbers."""
    rows, done = [row[:] for row in rows], []
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows = [without(row, pivot, column) if row[column] else row for row in rows]
        done.append(pivot)
    return done


def without(row, pivot, column):
    left = [a * pivot[column] - b * row[column] for a, b in zip(row, pivot)]
    common = math.gcd(*left)
    return [value // common for value in left] if common > 1 else left


VALUES = {"device": [f"d{i}" for i in range(5)], "lat": list(range(4)), "pm10": list(range(6))}


def random_rows(generator, at_home):
    rows = []
    for _ in range(70):
        member = generator.randrange(12)
        row = {name: generator.choice(values) for name, values in VALUES.items()}
        if at_home:
            row["device"], row["lat"] = f"d{member % 5}", member % 4
        row["pm25"] = generator.choice([None, *range(8)])
        rows.append((f"r{member:02}", row))
    return rows


def random_query(generator, last):
    """A question; or the last one with a value more or less let through. Its text, how to recompute it, and what it was made of."""
    by = generator.sample(["device", "lat"], generator.randrange(3))
    wanted = {name: generator.sample(values, generator.randrange(1, len(values) + 1)) for name, values in VALUES.items() if generator.random() < 0.4}
    least = generator.choice([0, 0, 0, *range(1, 4)])
    if last and generator.random() < 0.4:
        by, least, name = last[0], last[2], generator.choice(sorted(VALUES))
        wanted = {**last[1], name: sorted(set(last[1].get(name, VALUES[name])) ^ {generator.choice(VALUES[name])}) or VALUES[name]}
    parts = [f"{name}=in.({','.join(map(str, values))})" for name, values in wanted.items()] + ([f"pm10=gte.{least}"] if least else []) + \
        (["by=" + ",".join(by)] if by else []) + ["measure=" + generator.choice(["count", "count", "count,sum(pm25)", "count,sum(pm25),avg(pm25)"])]
    test = (by, lambda row: row["pm10"] >= least and all(row[name] in values for name, values in wanted.items()))
    return "?" + "&".join(parts), test, (by, wanted, least)


def test_the_attacker_is_able():
    def row(lat, value=None):
        return {"device": "d0", "lat": lat, "pm10": 0, "pm25": value}
    attacker = Attacker([(f"r{m}", row(m)) for m in range(4)])
    attacker.learn(([], lambda r: True), [{"count": 4}])
    assert not attacker.wins()
    attacker.learn(([], lambda r: r["lat"] < 3), [{"count": 3}])
    assert attacker.wins()
    attacker = Attacker([(f"r{m}", row(m % 4 if m < 12 else 4)) for m in range(13)])  # weights 1, 1, -1 and -2
    for lats in ((0, 4, 1), (0, 4, 2), (1, 2)):
        attacker.learn(([], lambda r, lats=lats: r["lat"] in lats), [{"count": sum(m % 4 in lats for m in range(12)) + (4 in lats)}])
        assert not attacker.wins()
    attacker.learn(([], lambda r: r["lat"] == 0), [{"count": 3}])
    assert attacker.wins()
    attacker = Attacker([(f"r{m}", row(0, None if m == 0 else 5)) for m in range(5)])
    attacker.learn(([], lambda r: True), [{"count": 5, "sum(pm25)": 20}])
    assert not attacker.wins()
    attacker.learn(([], lambda r: True), [{"count": 5, "avg(pm25)": 5}])
    assert attacker.wins()


@pytest.fixture(scope="module")
def pools(world):
    """Members everywhere and at home; kept row by row and as sums."""
    seed = int(os.environ.get("CH_SEED", "20260803"))
    print("seed", seed)
    generator, made = random.Random(seed), []
    for number in range(6):
        made.append((f"rand{number}", random_rows(generator, number % 2 == 0)))
        small_pool(world, *made[-1], LARGE if number > 3 else None)
    return generator, made


@pytest.mark.parametrize("questions,share", [(2, 1), (6, 8)])
def test_random_series(world, pools, questions, share):
    generator, counts = pools[0], {}
    for number in range(ROUNDS // share):
        ref, rows = generator.choice(pools[1])
        name, attacker, slugs, last = world.fresh(ref, plan=PLAN, cohort=K), Attacker(rows), [], None
        for _ in range(questions):
            text, query, last = random_query(generator, last)
            got = world.ask(text, name, ref)
            slugs.append(got.slug)
            if got.slug == "ok":
                attacker.learn(query, got.json["cells"])
        assert not attacker.wins(), (number, ref, slugs)
        for slug in slugs:
            counts[slug] = counts.get(slug, 0) + 1
        if number % 1000 == 999:
            print(number + 1, counts, flush=True)
    print("rounds", ROUNDS // share, counts)
    assert set(counts) <= {"ok", "differencing", "cohort_too_small"}
    assert counts["ok"] > ROUNDS // share and counts["differencing"] > 0
