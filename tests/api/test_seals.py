# SPDX-License-Identifier: AGPL-3.0-or-later
"""From what was acknowledged to what is sealed: partitions, folding, late usage, closing and sealing of months, spreading, and the log's leaves.
Usage is added here as the services add it, under metering.lock_usage, by several connections at once; invariant U1 is looked at in snapshots
of its own while they work."""
import calendar
import contextlib
import datetime
import fractions
import hashlib
import json
import os
import random
import threading
import time
import uuid

import psycopg2
import pytest

from stack import Problem, eventually
from test_metering import World, merkle, treasurer

ROUNDS = int(os.environ.get("CH_ROUNDS", "150"))
SEED = int(os.environ.get("CH_SEED", "20261123"))
UTC = datetime.timezone.utc
MET = "/metering/v1"


def month_of(day, plus=0):
    n = day.year * 12 + day.month - 1 + plus
    return datetime.date(n // 12, n % 12 + 1, 1)


NOW = datetime.datetime.now(UTC)
THIS = month_of(NOW.date())


@contextlib.contextmanager
def connected(database):
    connection = psycopg2.connect(database)
    try:
        yield connection
    finally:
        connection.close()


def identifier(random_, at=None):
    """A UUIDv7 of a time, or a random one with no time bits (layout of version 8)."""
    tail = random_.getrandbits(80)
    stamp = int(at.timestamp() * 1000) if at else 0
    return str(uuid.UUID(int=stamp << 80 | 8 << 76 | (tail >> 66 & 0xfff) << 64 | 2 << 62 | tail & (1 << 62) - 1))


class Adder:
    """Somebody who adds usage, over a connection of their own."""

    def __init__(self, connection, random_):
        self.connection, self.random = connection, random_
        self.cursor = connection.cursor()

    def again(self, work):
        """Once more from the beginning where a month was closed behind it, as the pool of connections does."""
        while True:
            try:
                done = work()
                self.connection.commit()
                return done
            except psycopg2.errors.SerializationFailure:
                self.connection.rollback()

    def lines(self, pool, day, grant, lines):
        """Lines (meter, contribution, units) of usage of a day; gives the month they are billed in."""
        meters, contributions, units = zip(*lines)
        n = len(lines)
        self.cursor.execute("SELECT metering.add_usage(%s::uuid[], %s::date[], %s::uuid[], %s::text[], %s::uuid[], %s::bigint[])",
                            ([pool] * n, [day] * n, [grant] * n, list(meters), list(contributions), list(units)))
        self.cursor.execute("SELECT day, late FROM metering.place_usage(%s, %s, now())", (pool, day))
        return self.cursor.fetchone()

    def event(self, pool, grant, meter, units, contribution, at, key=None):
        """An accepted event and its line of the rollup in one transaction; gives the month it is billed in."""
        def work():
            self.cursor.execute("SELECT metering.lock_usage(%s)", (pool,))
            self.cursor.execute("INSERT INTO metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, contribution_id, occurred_at, content_hash) "
                                "VALUES (1, %s, %s, %s, %s, %s, %s, %s, sha256('x'))", (key or identifier(self.random, at), grant, pool, meter, units, contribution, at))
            return month_of(self.lines(pool, at.astimezone(UTC).date(), grant, [(meter, contribution, units)])[0])
        return self.again(work)

    def query(self, pool, grant, contributions, at):
        """An answered query: one query, and the rows of each contribution that went into it."""
        lines = [("queries", None, 1)] + [("rows", contribution, self.random.randrange(1, 50)) for contribution in contributions]

        def work():
            self.cursor.execute("SELECT metering.lock_usage(%s)", (pool,))
            day, late = self.lines(pool, at.astimezone(UTC).date(), grant, lines)
            name = identifier(self.random, at)
            for meter, contribution, n in lines:
                self.cursor.execute("INSERT INTO metering.query_usage (pool_id, query_id, grant_id, asked_at, day, late, meter, contribution_id, units) "
                                    "VALUES (%s, %s, %s, now(), %s, %s, %s, %s, %s)", (pool, name, grant, day, late, meter, contribution, n))
        self.again(work)
        return sum(units for _, _, units in lines)

    def batch(self, pool, grant, numbers, at, state="sent"):
        """A delivery of one batch, not folded yet; gives its rows."""
        delivery, counts = identifier(self.random, at), [self.random.randrange(1, 300) for _ in numbers]
        self.cursor.execute("INSERT INTO metering.delivery (pool_id, id, pool, grant_id, organisation_id, mode, plan_hash, terms_sha256, opened_at) "
                            "VALUES (%s, %s, 'p', %s, %s, 'download', repeat('0', 64), 'x', %s)", (pool, delivery, grant, grant, at))
        self.cursor.execute("INSERT INTO metering.batch (pool_id, delivery_id, no, grant_id, first_row, last_row, rows, bytes, body_sha256, consent_epoch, grant_epoch, "
                            "contributions, counts, committed_at, state, settled_at) VALUES (%s, %s, 1, %s, 1, 9, %s, 9, sha256(''), 1, 1, %s, %s, %s, %s, clock_timestamp())",
                            (pool, delivery, grant, sum(counts), numbers, counts, at, state))
        self.connection.commit()
        return delivery, sum(counts)


class Metering:
    """One database with pools written by hand; no daemon."""

    def __init__(self, trust):
        self.trust, self.sql, self.made = trust, trust.sql, 0
        self.random = random.Random(SEED)

    def pool(self, rows=()):
        """A pool with a contribution for each number of rows: (pool, [(contribution, number)])."""
        self.made += 1
        pool, ref = identifier(self.random), f"pool{self.made}"
        keys = sorted(identifier(self.random) for _ in rows)
        with connected(self.trust.database) as connection, connection, connection.cursor() as c:
            c.execute("SET LOCAL session_replication_role = replica")
            c.execute("INSERT INTO licensing.pool (pool_id, ref, title, state, schema, schema_canonical, schema_sha256, created_by) VALUES (%s, %s, 'A pool', 'open', "
                      "'{}', '{}', repeat('0', 64), %s)", (pool, ref, pool))
            for key, n in zip(keys, rows):
                c.execute("INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, "
                          "rows, quality_ppm, decided_at) VALUES (%s, %s, %s, 1, 'accepted', 'csv', '{}', '{}', '{}', 1, false, %s, 1000000, now() - interval '200 days')",
                          (key, pool, identifier(self.random), n))
        numbers = dict(self.sql("SELECT id::text, no FROM licensing.contribution WHERE pool_id = %s", pool))
        return pool, ref, [(key, numbers[key]) for key in keys]

    @contextlib.contextmanager
    def adder(self, seed=0):
        with connected(self.trust.database) as connection:
            yield Adder(connection, random.Random(self.random.getrandbits(60) + seed))

    def seal(self, pool, ref, month):
        return self.sql("SELECT outcome, body FROM metering.seal_usage(%s, %s, %s, NULL)", pool, ref, month)[0]

    def lines(self, pool):
        return self.sql("SELECT to_char(day, 'YYYY-MM-DD'), meter, to_char(late, 'YYYY-MM'), units FROM metering.usage_day WHERE pool_id = %s ORDER BY 1, 2, 3", pool)

    def holds(self):
        assert self.sql("SELECT * FROM metering.check_usage()") == []
        for pool, day in self.sql("SELECT DISTINCT pool_id, day FROM metering.usage_day"):
            assert self.sql("SELECT metering.rebuild_day(%s, %s)", pool, day) == [(0,)]


@pytest.fixture(scope="module")
def metering(stack):
    print("seed", SEED)
    trust = stack.trust(start=False)
    yield Metering(trust)
    stack.release(trust)


GRANT = "00000000-0000-7000-8000-0000000000aa"


# -- who seals, and what ----------------------------------------------------

@pytest.fixture(scope="module")
def world(stack):
    made = World(stack.trust(), stack)
    made.pool("air")
    yield made
    stack.release(made.trust)


def test_only_the_treasurer_seals_and_only_months(world):
    keeper, other = treasurer(world)
    world.write(lambda c: world.contribution(c, "air", "ann", 10))
    month = THIS.strftime("%Y-%m")

    def refused(person, body):
        with pytest.raises(Problem) as problem:
            person.post(f"{MET}/seals", body)
        return problem.value.slug
    assert refused(other, {"pool": "air", "month": month}) == "forbidden"
    assert refused(world.trust.public, {"pool": "air", "month": month}) == "not_signed_in"
    for text in ("2026-13", "2026-00", "26-01-1", "abcdefg", "2026-1x"):
        assert refused(keeper, {"pool": "air", "month": text}) == "invalid", text
    assert refused(keeper, {"pool": "air", "month": month_of(THIS, 1).strftime("%Y-%m")}) == "invalid"
    assert refused(keeper, {"pool": "air", "month": "2999-01"}) == "invalid"
    founded = month_of(world.trust.sql("SELECT founded_at AT TIME ZONE 'UTC' FROM governance.charter")[0][0])
    assert refused(keeper, {"pool": "air", "month": month_of(founded, -1).strftime("%Y-%m")}) == "invalid", "before the trust was"
    assert refused(keeper, {"pool": "air", "month": "2000-01"}) == "invalid"
    assert refused(keeper, {"pool": "nowhere", "month": month}) == "not_found"
    assert refused(keeper, {"pool": "air"}) == "invalid"
    assert world.trust.sql("SELECT count(*) FROM metering.closed_month") == [(0,)], "a refusal closes nothing"


def test_a_month_in_progress_is_sealed_by_the_treasurer(world):
    keeper, _ = treasurer(world)
    month = THIS.strftime("%Y-%m")
    first = keeper.post(f"{MET}/seals", {"pool": "air", "month": month})
    assert (first.status, first.outcome, first["lines"], first["units"]) == (201, "sealed", 0, 0)
    again = keeper.post(f"{MET}/seals", {"pool": "air", "month": month})
    assert (again.status, again.outcome, again["sha256"]) == (200, "already_sealed", first["sha256"])
    member = world.trust.sql("SELECT sealed_by::text FROM metering.seal")[0][0]
    assert world.trust.sql("SELECT pool, closed_by::text, closed_at <= sealed_at FROM metering.closed_month JOIN metering.seal USING (pool_id, month, pool)") == [("air", member, True)]


def test_a_request_that_stopped_half_way_is_finished_by_the_worker(world):
    """Closed, then the process died: the worker's next minute but one seals it, for the treasurer."""
    keeper, _ = treasurer(world)
    world.pool("sea")
    world.write(lambda c: world.contribution(c, "sea", "ann", 10))
    actor = keeper.get("/portal/v1/sign-ins/current").json["subject"]
    body = json.dumps({"pool": "sea", "month": THIS.strftime("%Y-%m")})
    assert world.trust.sql("SELECT (metering.seal_month(%s, %s, true)).outcome", actor, body) == [("ok",)]
    world.trust.sql("SELECT metering.seal_due()")
    find = "SELECT sealed_by::text FROM metering.seal WHERE pool = 'sea'"
    assert world.trust.sql(find) == [], "a request under way is left alone"
    world.trust.unguarded("ALTER TABLE metering.closed_month DISABLE TRIGGER append_only", "UPDATE metering.closed_month SET closed_at = closed_at - interval '61 seconds' "
                          "WHERE pool = 'sea'", "ALTER TABLE metering.closed_month ENABLE ALWAYS TRIGGER append_only")
    world.trust.sql("SELECT metering.seal_due()")
    assert world.trust.sql(find) == [(actor,)]
    assert keeper.post(f"{MET}/seals", json.loads(body)).outcome == "already_sealed"


# -- by time ----------------------------------------------------------------

def steps(metering):
    while metering.sql("SELECT (metering.seal_due()).body ->> 'done'")[0][0] != "true":
        pass


def test_a_month_is_sealed_when_its_grace_is_over(metering):
    pool, ref, [(ann, _)] = metering.pool([7])
    last = month_of(THIS, -1)
    with metering.adder() as adder:
        adder.event(pool, GRANT, "rows", 5, ann, datetime.datetime(last.year, last.month, 3, tzinfo=UTC))
        adder.event(pool, GRANT, "rows", 6, ann, NOW)
    over = (datetime.datetime.now(UTC) - datetime.datetime(THIS.year, THIS.month, 1, tzinfo=UTC)).total_seconds()
    grace = metering.sql("SELECT doc #>> '{durations,seal_grace_seconds}' FROM governance.charter_in_force")[0][0]

    def allow(seconds):
        metering.trust.unguarded("ALTER TABLE governance.charter DISABLE TRIGGER ALL", "UPDATE governance.charter AS c SET doc = n.doc, canonical = log.canonical(n.doc), "
                                 "sha256 = encode(sha256(convert_to(log.canonical(n.doc), 'UTF8')), 'hex') FROM (SELECT "
                                 f"jsonb_set(doc, '{{durations,seal_grace_seconds}}', '{seconds}') AS doc FROM governance.charter) AS n",
                                 "ALTER TABLE governance.charter ENABLE TRIGGER ALL")
    try:
        allow(int(over) + 60)
        steps(metering)
        assert metering.sql("SELECT * FROM metering.closed_month WHERE pool_id = %s", pool) == []
        allow(int(over) - 60)
        steps(metering)
        assert metering.sql("SELECT month, units, sealed_by FROM metering.seal WHERE pool_id = %s", pool) == [(last, 5, None)]
    finally:
        allow(int(grace) if grace else 259200)
    metering.holds()


def test_a_month_without_usage_is_sealed_where_a_grant_was_in_force(metering):
    """Its base price is billed; months before that rule are left alone."""
    pool, ref, _ = metering.pool([7])
    last, before = month_of(THIS, -1), month_of(THIS, -2)
    metering.trust.unguarded(
        "ALTER TABLE licensing.data_grant DISABLE TRIGGER USER",
        "INSERT INTO licensing.organisation (organisation_id, name, country, claimed_class) VALUES ('00000000-0000-7000-8000-0000000000bb', 'Uni', 'DE', 'university')",
        "INSERT INTO licensing.data_grant (id, agreement_id, evaluation_id, organisation_id, pool_id, terms_sha256, terms_version, purpose, org_class, rule, tier, price, actions, "
        f"modes, plan, notice_floor, min_cohort, explicit_only, quotas, from_at, until_at, state) VALUES ('{identifier(metering.random)}', log.new_id(), log.new_id(), "
        f"'00000000-0000-7000-8000-0000000000bb', '{pool}', 'x', 1, 'RES.HEALTH', 'university', 'P', 'free', '{{}}', '{{read}}', '{{download}}', '[]', 1, 5, false, '[]', "
        f"'{before}', '{month_of(THIS, 9)}', 'active')")
    steps(metering)
    assert metering.sql("SELECT month FROM metering.seal WHERE pool_id = %s", pool) == []
    metering.sql("UPDATE metering.clock SET at = %s WHERE name = 'seal_empty'", datetime.datetime(last.year, last.month, 1, tzinfo=UTC))
    if (datetime.datetime.now(UTC) - datetime.datetime(THIS.year, THIS.month, 1, tzinfo=UTC)).days < 4:
        pytest.skip("the month before is not over for long enough")
    steps(metering)
    assert metering.sql("SELECT month, lines, units FROM metering.seal WHERE pool_id = %s", pool) == [(last, 0, 0)]


# -- late usage, edges, clocks ----------------------------------------------

def test_the_last_microsecond_of_a_month_belongs_to_it(metering):
    pool, ref, [(ann, _)] = metering.pool([7])
    first = datetime.datetime(THIS.year, THIS.month, 1, tzinfo=UTC)
    east = datetime.timezone(datetime.timedelta(hours=14))
    with metering.adder() as adder:
        adder.event(pool, GRANT, "rows", 1, ann, first - datetime.timedelta(microseconds=1))
        adder.event(pool, GRANT, "rows", 2, ann, first)
        adder.event(pool, GRANT, "rows", 4, ann, (first - datetime.timedelta(microseconds=1)).astimezone(east))
    last = first.date() - datetime.timedelta(days=1)
    assert metering.lines(pool) == [(str(last), "rows", None, 5), (str(first.date()), "rows", None, 2)]
    assert metering.seal(pool, ref, month_of(last))[1]["units"] == 5
    metering.holds()


def test_what_comes_for_a_closed_month_is_late_usage_of_the_next_open_one(metering):
    pool, ref, [(ann, number)] = metering.pool([7])
    two, one = month_of(THIS, -2), month_of(THIS, -1)
    then = datetime.datetime(two.year, two.month, 15, 23, 59, 59, 999999, tzinfo=UTC)
    with metering.adder() as adder:
        adder.event(pool, GRANT, "bytes", 10, ann, then)
        waiting, _ = adder.batch(pool, GRANT, [number], then, "committed")
        assert metering.seal(pool, ref, two)[1]["units"] == 10
        assert adder.event(pool, GRANT, "bytes", 3, ann, then) == one
        assert metering.seal(pool, ref, one)[1] == {**metering.seal(pool, ref, one)[1], "units": 3, "late": 3}
        assert adder.event(pool, GRANT, "bytes", 4, None, then) == THIS
        assert adder.event(pool, GRANT, "bytes", 5, ann, datetime.datetime(one.year, one.month, 1, tzinfo=UTC)) == THIS
        metering.sql("UPDATE metering.batch SET state = 'sent', settled_at = clock_timestamp() WHERE delivery_id = %s", waiting)
        metering.sql("SELECT metering.fold_pool(%s, 10)", pool)
    rows = metering.sql("SELECT rows FROM metering.batch WHERE delivery_id = %s", waiting)[0][0]
    assert [line[:3] for line in metering.lines(pool)][2:] == [(str(THIS), "bytes", two.strftime("%Y-%m")), (str(THIS), "bytes", one.strftime("%Y-%m")), (str(THIS), "rows", two.strftime("%Y-%m"))]
    outcome, body = metering.seal(pool, ref, THIS)
    assert (outcome, body["units"], body["late"]) == ("sealed", 9 + rows, 9 + rows)
    with metering.adder() as adder:
        assert adder.event(pool, GRANT, "bytes", 6, ann, NOW) == month_of(THIS, 1), "behind an early seal it is late usage of the next month"
    assert metering.lines(pool)[-1] == (str(month_of(THIS, 1)), "bytes", THIS.strftime("%Y-%m"), 6)
    metering.holds()


def test_a_clock_that_runs_ahead_over_the_months_edge(metering):
    """A time up to five minutes ahead may lie in a month that has not begun: it is counted there, and sealed with it."""
    pool, ref, [(ann, _)] = metering.pool([7])
    ahead = month_of(THIS, 1)
    with metering.adder() as adder:
        adder.event(pool, GRANT, "rows", 5, ann, datetime.datetime(ahead.year, ahead.month, 1, 0, 4, 59, tzinfo=UTC))
    assert metering.seal(pool, ref, THIS)[1]["units"] == 0
    assert metering.lines(pool) == [(str(ahead), "rows", None, 5)]
    metering.holds()


# -- units that name no contribution ----------------------------------------

def shared(units, rows):
    """Largest remainder with exact fractions: {contribution: units}."""
    total = sum(n for _, n in rows)
    exact = {key: fractions.Fraction(units * n, total) for key, n in rows}
    given = {key: int(part) for key, part in exact.items()}
    for key in sorted(exact, key=lambda key: (given[key] - exact[key], key))[:units - sum(given.values())]:
        given[key] += 1
    return {key: n for key, n in given.items() if n}


@pytest.mark.parametrize("rows,units", [([3, 3, 3], 10), ([1, 1, 1, 1], 2), ([5, 3, 1], 100), ([1, 1000000], 1), ([7], 3), ([2, 2, 1, 1], 1099511627776), ([1] * 40, 39)])
def test_units_without_a_contribution_go_by_rows_and_largest_remainder(metering, rows, units):
    pool, ref, made = metering.pool(rows)
    with metering.adder() as adder:
        adder.event(pool, GRANT, "seconds", units, None, NOW)
        adder.event(pool, GRANT, "rows", 5, made[0][0], NOW)
    assert metering.seal(pool, ref, THIS)[0] == "sealed"
    found = dict(metering.sql("SELECT contribution_id::text, units FROM metering.sealed_usage WHERE pool_id = %s AND meter = 'seconds'", pool))
    assert found == shared(units, [(key, n) for (key, _), n in zip(made, rows)])
    assert metering.sql("SELECT contribution_id::text, units FROM metering.sealed_usage WHERE pool_id = %s AND meter = 'rows'", pool) == [(made[0][0], 5)]


def test_spreading_against_exact_fractions(metering):
    for _ in range(30):
        rows = [metering.random.choice([1, 2, 2, 3, 10, 997, 10 ** 9]) for _ in range(metering.random.randrange(1, 30))]
        units = metering.random.choice([1, 2, 7, 1000, 10 ** 6 + 3, 2 ** 40])
        pool, ref, made = metering.pool(rows)
        with metering.adder() as adder:
            adder.event(pool, GRANT, "tokens", units, None, NOW)
        found = dict(metering.sql("SELECT contribution_id::text, units FROM metering.spread_usage(%s, %s)", pool, THIS))
        assert found == shared(units, [(key, n) for (key, _), n in zip(made, rows)]), (rows, units)


def test_a_spread_stays_what_it_was(metering):
    """What comes to the pool, or ends, behind the closing changes no line: sealed lines can be made again."""
    pool, ref, made = metering.pool([3, 4, 5])
    with metering.adder() as adder:
        adder.event(pool, GRANT, "seconds", 1000, None, NOW)
    metering.seal(pool, ref, THIS)
    metering.trust.unguarded(f"UPDATE licensing.contribution SET state = 'withdrawn', ended_at = now() WHERE id = '{made[0][0]}'",
                             "INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, rows, "
                             f"quality_ppm, decided_at) VALUES (log.new_id(), '{pool}', log.new_id(), 1, 'accepted', 'csv', '{{}}', '{{}}', '{{}}', 1, false, 50, 1000000, now())")
    assert metering.sql("SELECT contribution_id, units FROM metering.spread_usage(%s, %s) EXCEPT SELECT contribution_id, units FROM metering.sealed_usage WHERE pool_id = %s",
                        pool, THIS, pool) == []
    metering.holds()


def test_without_any_contribution_units_stay_unattributed(metering):
    pool, ref, _ = metering.pool([])
    with metering.adder() as adder:
        adder.event(pool, GRANT, "seconds", 11, None, NOW)
    metering.seal(pool, ref, THIS)
    assert metering.sql("SELECT contribution_id, units FROM metering.sealed_usage WHERE pool_id = %s", pool) == [(None, 11)]


# -- partitions -------------------------------------------------------------

def where(metering, key):
    return metering.sql("SELECT tableoid::regclass::text FROM metering.usage_event WHERE event_key = %s", key)


@pytest.mark.parametrize("stamp,part", [
    (0, "timeless"), (1, "other"), (946684800000, "other"), (253402300800000, "other"), (2 ** 48 - 1, "other"),
    (int(NOW.timestamp() * 1000), THIS.strftime("%Y%m")), (calendar.timegm((THIS.year, THIS.month, 1, 0, 0, 0)) * 1000 - 1, month_of(THIS, -1).strftime("%Y%m")),
    (calendar.timegm(month_of(THIS, 4).timetuple()) * 1000, "other")],
    ids=["no time", "1970", "2000", "9999", "the last", "now", "the month before", "not made yet"])
def test_a_key_of_any_time_has_a_partition(metering, stamp, part):
    """Keys without time, of 1970, 2000, the year 9999 and the last one 48 bits can say; the same key again is refused wherever it lies."""
    pool, ref, [(ann, _)] = metering.pool([7])
    key = str(uuid.UUID(int=stamp << 80 | 8 << 76 | 2 << 62 | metering.random.getrandbits(60)))
    with metering.adder() as adder:
        adder.event(pool, GRANT, "rows", 5, ann, NOW, key)
        assert where(metering, key) == [(f"metering.usage_event_{part}",)]
        with pytest.raises(psycopg2.errors.UniqueViolation):
            adder.event(pool, GRANT, "rows", 5, ann, NOW - datetime.timedelta(days=40), key)
    metering.holds()


def detach(metering, month):
    """As if nobody had made this month's partitions."""
    for table in ("batch", "usage_event"):
        name = f"metering.{table}_{month.strftime('%Y%m')}"
        metering.trust.unguarded(f"ALTER TABLE metering.{table} DETACH PARTITION {name}", f"DROP TABLE {name}")


def test_a_worker_that_was_off_for_months_loses_nothing(metering):
    """Events and batches of a month without partition lie in the default one until it is made, and still collide afterwards."""
    month = month_of(THIS, 3)
    detach(metering, month)
    pool, ref, [(ann, number)] = metering.pool([7])
    then = datetime.datetime(month.year, month.month, 9, tzinfo=UTC)
    key, other = identifier(metering.random, then), identifier(metering.random, then + datetime.timedelta(days=4000))
    with metering.adder() as adder:
        adder.event(pool, GRANT, "rows", 5, ann, NOW, key)
        adder.event(pool, GRANT, "rows", 6, ann, NOW, other)
        delivery, rows = adder.batch(pool, GRANT, [number], then)
        find = "SELECT tableoid::regclass::text, state FROM metering.batch WHERE delivery_id = %s"
        assert where(metering, key) == [("metering.usage_event_other",)] and metering.sql(find, delivery) == [("metering.batch_other", "sent")]
        assert metering.sql("SELECT metering.make_partitions()") == [(2,)]
        part = month.strftime("%Y%m")
        assert where(metering, key) == [(f"metering.usage_event_{part}",)] and metering.sql(find, delivery) == [(f"metering.batch_{part}", "sent")]
        assert where(metering, other) == [("metering.usage_event_other",)]
        with pytest.raises(psycopg2.errors.UniqueViolation):
            adder.event(pool, GRANT, "rows", 5, ann, NOW, key)
    for statement in ("UPDATE metering.batch SET state = 'unsent' WHERE delivery_id = %s", "UPDATE metering.batch SET rows = rows - 1 WHERE delivery_id = %s"):
        with pytest.raises(psycopg2.errors.CheckViolation):
            metering.sql(statement, delivery)
    assert metering.sql("SELECT metering.make_partitions()") == [(0,)]
    metering.sql("SELECT metering.fold_pool(%s, 10)", pool)
    metering.holds()


def test_making_a_partition_waits_for_nobody_long_and_keeps_nobody_waiting(metering):
    """A reader in the middle of everything (an audit, a dump): adding goes on beside it, and so does making a partition, later."""
    month = month_of(THIS, 2)
    detach(metering, month)
    pool, ref, [(ann, _)] = metering.pool([7])
    with connected(metering.trust.database) as reader, metering.adder() as adder:
        with reader.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM metering.usage_event")
        begin = time.monotonic()
        assert metering.sql("SELECT metering.make_partitions()")[0][0] in (0, 1)
        assert time.monotonic() - begin < 10
        adder.event(pool, GRANT, "rows", 5, ann, NOW)
        adder.event(pool, GRANT, "rows", 5, ann, NOW, identifier(metering.random, datetime.datetime(month.year, month.month, 9, tzinfo=UTC)))
        reader.rollback()
        metering.sql("SELECT metering.make_partitions()")
    assert metering.sql("SELECT count(*) FROM metering.usage_event_other WHERE event_key >= metering.month_key(%s) AND event_key < metering.month_key(%s)",
                        month, month_of(month, 1)) == [(0,)]
    metering.holds()


# -- the log ----------------------------------------------------------------

def test_the_log_is_told_of_each_hour_once(metering):
    pool, ref, [(ann, number), (ben, other)] = metering.pool([7, 8])
    with metering.adder() as adder:
        for n in range(5):
            adder.event(pool, GRANT, "bytes", 10 + n, [ann, None][n % 2], NOW)
        delivery, rows = adder.batch(pool, GRANT, [number, other], NOW)
        adder.batch(pool, GRANT, [number], NOW, "committed")
        asked = adder.query(pool, GRANT, [ann, ben], NOW)
    hour = metering.sql("SELECT date_trunc('hour', received_at, 'UTC') FROM metering.usage_event WHERE pool_id = %s LIMIT 1", pool)[0][0]
    metering.sql("SELECT metering.log_hour(%s)", hour)
    leaves = []
    for key, grant, contribution, meter, units, at, source, hash_ in metering.sql(
            "SELECT event_key::text, grant_id::text, contribution_id::text, meter, units, (extract(epoch from occurred_at) * 1000000)::bigint, source_no, encode(content_hash, 'hex') "
            "FROM metering.usage_event WHERE pool_id = %s", pool):
        leaves.append({"contribution": contribution, "event": key, "grant": grant, "hash": hash_, "meter": meter, "occurred_at": at, "pool_id": pool, "source": source, "units": units})
    leaves.append({"batch": 1, "delivery": delivery, "grant": GRANT, "meter": "rows", "pool_id": pool, "sha256": hashlib.sha256(b"").hexdigest(), "units": rows})
    for query, meter, units in metering.sql("SELECT query_id::text, meter, sum(units)::bigint FROM metering.query_usage WHERE pool_id = %s GROUP BY 1, 2", pool):
        leaves.append({"grant": GRANT, "meter": meter, "pool_id": pool, "query": query, "units": units})
    body = {"count": len(leaves), "hour": hour.astimezone(UTC).strftime("%Y-%m-%dT%H"), "pool": ref,
            "root": merkle(sorted(json.dumps(leaf, separators=(",", ":")).encode() for leaf in leaves)).hex(), "units": sum(leaf["units"] for leaf in leaves)}
    assert body["units"] == 60 + rows + asked
    digest = hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).hexdigest()
    find = "SELECT payload ->> 'id', payload ->> 'sha256', payload -> 'body' FROM log.outbox WHERE payload ->> 'type' = 'usage' AND payload ->> 'id' LIKE %s"
    assert metering.sql(find, ref + ":%") == [(f"{ref}:{body['hour']}", digest, body)]
    metering.sql("SELECT metering.log_hour(%s)", hour)
    assert len(metering.sql(find, ref + ":%")) == 1
    for attack in ("UPDATE metering.usage_hour SET units = 0", "DELETE FROM metering.usage_hour", "DELETE FROM metering.closed_month", "TRUNCATE metering.closed_month CASCADE"):
        with pytest.raises(psycopg2.errors.CheckViolation):
            metering.sql(attack)


def test_hours_are_logged_in_turn_and_not_before_they_are_over(metering):
    now = metering.sql("SELECT date_trunc('hour', now(), 'UTC')")[0][0]
    metering.sql("UPDATE metering.clock SET at = %s WHERE name = 'log_hours'", now - datetime.timedelta(hours=3))
    for _ in range(10):
        metering.sql("SELECT metering.log_hours()")
    assert metering.sql("SELECT at FROM metering.clock WHERE name = 'log_hours'")[0][0] in (now - datetime.timedelta(hours=1), now, now + datetime.timedelta(hours=1))


# -- many at once -----------------------------------------------------------

def test_closing_against_adders(metering):
    """An event is either in the seal or late behind it, never neither and never both: a month is sealed while three add to it, round after round."""
    pools = [(identifier(metering.random), f"race{n}") for n in range(ROUNDS)]
    start, sent, errors = threading.Barrier(4, timeout=60), [], []

    def add(seed):
        try:
            with metering.adder(seed) as adder:
                for pool, _ in pools:
                    start.wait()
                    for n in range(3):
                        sent.append((adder.event(pool, GRANT, "rows", 1 + n, None, NOW), 1 + n))
                    start.wait()
        except Exception as error:  # noqa: BLE001 (told below)
            errors.append(error)
            start.abort()
    threads = [threading.Thread(target=add, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    both = 0
    with connected(metering.trust.database) as sealer, sealer.cursor() as cursor:
        for pool, ref in pools:
            sent.clear()
            start.wait()
            time.sleep(metering.random.random() * 0.01)
            cursor.execute("SELECT metering.close_usage(%s, %s, %s, NULL)", (pool, ref, THIS))
            sealer.commit()
            cursor.execute("SELECT (metering.seal_usage(%s, %s, %s, NULL)).body", (pool, ref, THIS))
            sealed = cursor.fetchone()[0]["units"]
            sealer.commit()
            start.wait()
            assert not errors, errors
            assert sealed == sum(units for month, units in sent if month == THIS)
            assert {month for month, _ in sent} <= {THIS, month_of(THIS, 1)} and len(sent) == 9
            cursor.execute("SELECT late, sum(units)::bigint FROM metering.usage_day WHERE pool_id = %s GROUP BY 1 ORDER BY 1 NULLS FIRST", (pool,))
            assert cursor.fetchall() == [row for row in ((None, sealed), (THIS, 18 - sealed)) if row[1]]
            sealer.commit()
            both += 0 < sealed < 18
    for thread in threads:
        thread.join()
    print(f"{ROUNDS} rounds, {both} of them with usage on both sides of the closing")
    assert both > ROUNDS // 50, "the closing never came between: these rounds prove nothing"


class Crowd:
    """Several connections that add, fold, close, seal and rebuild in a random order, in three pools and three months."""

    def __init__(self, metering, seed):
        self.metering, self.seed = metering, seed
        self.pools = [metering.pool([metering.random.randrange(1, 50) for _ in range(4)]) for _ in range(3)]
        self.total, self.errors, self.lock = {pool: 0 for pool, _, _ in self.pools}, [], threading.Lock()
        self.done = threading.Event()

    def add(self, adder, random_):
        pool, ref, made = random_.choice(self.pools)
        month = month_of(THIS, random_.choice([-2, -1, 0]))
        last = (month_of(month, 1) - month).days if month < THIS else NOW.day
        at = datetime.datetime(month.year, month.month, random_.randrange(1, last + 1), tzinfo=UTC)
        kind = random_.randrange(4)
        if kind < 2:
            units = random_.randrange(1, 1000)
            adder.event(pool, GRANT, random_.choice(["rows", "bytes", "tokens"]), units, random_.choice([None, *[key for key, _ in made]]), at)
        elif kind == 2:
            _, units = adder.batch(pool, GRANT, random_.sample([n for _, n in made], 2), at)
        else:
            units = adder.query(pool, GRANT, random_.sample([key for key, _ in made], 2), at)
        with self.lock:
            self.total[pool] += units

    def keep(self, cursor, random_):
        pool, ref, _ = random_.choice(self.pools)
        month = month_of(THIS, random_.choice([-2, -1, -1, 0]))
        statement, args = random_.choice([
            ("SELECT metering.fold_pool(%s, 3)", (pool,)), ("SELECT metering.fold_pool(%s, 1000)", (pool,)), ("SELECT metering.fold_usage(true)", ()),
            ("SELECT metering.seal_usage(%s, %s, %s, NULL)", (pool, ref, month)), ("SELECT metering.close_usage(%s, %s, %s, NULL)", (pool, ref, month)),
            ("SELECT metering.rebuild_day(%s, %s)", (pool, month + datetime.timedelta(days=random_.randrange(27)))), ("SELECT metering.rebuild_day(%s, %s)", (pool, month))])
        if "seal_usage" in statement or "close_usage" in statement:
            if random_.random() < 0.9:
                return
        cursor.execute(statement, args)
        if "rebuild" in statement:
            assert cursor.fetchone()[0] == 0, "what is rebuilt is what was stored"
        cursor.connection.commit()

    def work(self, number, steps_):
        random_ = random.Random(self.seed * 100 + number)
        try:
            with connected(self.metering.trust.database) as connection:
                adder = Adder(connection, random_)
                for _ in range(steps_):
                    self.add(adder, random_) if random_.random() < 0.7 else self.keep(adder.cursor, random_)
        except Exception as error:  # noqa: BLE001 (told below)
            self.errors.append(error)

    def watch(self):
        """U1 in one snapshot after another."""
        looked = 0
        while not self.done.is_set():
            wrong = self.metering.sql("SELECT * FROM metering.check_usage()")
            looked += 1
            if wrong:
                self.errors.append(AssertionError(wrong[:5]))
                return looked
        return looked


def test_usage_holds_whatever_happens_in_whatever_order(metering):
    crowd = Crowd(metering, SEED)
    looks = []
    watcher = threading.Thread(target=lambda: looks.append(crowd.watch()))
    workers = [threading.Thread(target=crowd.work, args=(n, ROUNDS)) for n in range(4)]
    for thread in [watcher, *workers]:
        thread.start()
    for thread in workers:
        thread.join()
    crowd.done.set()
    watcher.join()
    assert not crowd.errors, crowd.errors
    assert looks[0] > 2
    for pool, ref, _ in crowd.pools:
        for plus in (-2, -1, 0):
            metering.seal(pool, ref, month_of(THIS, plus))
        metering.sql("SELECT metering.fold_pool(%s, 1000)", pool)
        assert metering.sql("SELECT sum(units)::bigint FROM metering.usage_day WHERE pool_id = %s", pool) == [(crowd.total[pool],)]
        months = metering.sql("SELECT s.month, s.units, (SELECT sum(units) FROM metering.sealed_usage AS u WHERE (u.pool_id, u.month) = (s.pool_id, s.month)), "
                              "(SELECT sum(units) FROM metering.usage_day AS d WHERE d.pool_id = s.pool_id AND date_trunc('month', d.day::timestamp) = s.month) "
                              "FROM metering.seal AS s WHERE s.pool_id = %s", pool)
        assert len(months) == 3 and all(units == (lines or 0) == (days or 0) for _, units, lines, days in months)
    metering.holds()


def test_the_watcher_sees_a_unit_too_many(metering):
    """What proves U1 above can fail."""
    pool, ref, [(ann, _)] = metering.pool([7])
    with metering.adder() as adder:
        adder.event(pool, GRANT, "rows", 5, ann, NOW)
    metering.sql("UPDATE metering.usage_day SET units = 6 WHERE pool_id = %s", pool)
    assert [row[5:] for row in metering.sql("SELECT * FROM metering.check_usage()")] == [("usage_day", 5, 6)]
    assert metering.sql("SELECT metering.rebuild_day(%s, %s)", pool, NOW.date())[0][0] == 2
    metering.holds()
