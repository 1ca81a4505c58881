# SPDX-License-Identifier: AGPL-3.0-or-later
"""Queries for aggregates over HTTP: figures against direct SQL with the same generalisation, suppression, refusals, usage, quotas, consent.
Pools and grants are rows written by hand, as in test_metering.py."""
import csv
import decimal
import http.client
import io
import json
import threading
import uuid
from urllib.parse import quote

import psycopg2
import pytest

from stack import wait_for
from test_metering import DATA, PLAN, World, bump, load_aberdeen, uid

COARSE = [{"name": "lat", "rule": "round:1"}, {"name": "lon", "rule": "round:1"}, {"name": "at", "rule": "trunc:hour"}, {"name": "pm10", "rule": "keep"}]


def to_organisation_of(world, name, other):
    """Gives the grant `other` to the organisation that `name` was given to."""
    world.write(lambda c: c.execute("UPDATE licensing.data_grant SET organisation_id = %s WHERE id = %s", (uid("organisation " + name), uid("grant " + other))))


def to_another_organisation(world, name):
    """Gives a grant to an organisation of its own: what others were told does not matter to it then."""
    world.write(lambda c: c.execute("INSERT INTO licensing.organisation (organisation_id, name, country, claimed_class) "
                                    "SELECT %s, %s, country, claimed_class FROM licensing.organisation LIMIT 1", (uid("organisation " + name), name)))
    to_organisation_of(world, name, name)


class Queries(World):
    """A trust whose grants allow queries."""

    def grant(self, name, ref, **more):
        made = super().grant(name, ref, **more)
        self.write(lambda c: c.execute("UPDATE licensing.data_grant SET actions = '{read,aggregate}', modes = '{download,query}' WHERE id = %s", (made,)))
        return made

    def ask(self, query="", name="air", ref="air", **more):
        return self.get(f"/metering/v1/pools/{ref}/aggregates{query}", name, ref, **more)

    def fresh(self, ref="air", **more):
        """A grant of an organisation that has asked nothing yet."""
        name = str(uuid.uuid4())
        self.grant(name, ref, **more)
        to_another_organisation(self, name)
        return name


def exact(got):
    assert got.status == 200, (got.slug, got.body)
    return json.loads(got.body, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


def small_pool(world, ref, rows, said=None):
    """rows: (member, {column: value}); a contribution for each member. said: how many rows each is said to have (the right number)."""
    world.pool(ref)

    def work(c):
        members = sorted({member for member, _ in rows})
        keys = {m: world.contribution(c, ref, f"{ref} {m}", said or sum(1 for r in rows if r[0] == m)) for m in members}
        for member, values in rows:
            names = ", ".join(values)
            c.execute(f"INSERT INTO {world.tables[ref]} (contribution_id, {names}) VALUES (%s{', %s' * len(values)})", (keys[member], *values.values()))
    world.write(work)


@pytest.fixture(scope="module")
def world(stack):
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not there")
    trust = stack.trust(sign_in=False, roles=("metering", "licensing"), settings={"common": {"processes": 2, "requests_per_client": 64}})
    made = Queries(trust, stack)
    made.pool("air")
    load_aberdeen(made)
    made.grant("air", "air")
    yield made
    stack.release(trust)


HOUR = "date_trunc('hour', at AT TIME ZONE 'UTC')"
HOUR_TEXT = f"to_char({HOUR}, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


def test_the_week_by_hours(world):
    """Every figure of the golden week by hour is that of direct SQL over the same generalised values."""
    got = exact(world.ask("?by=at&measure=count,sum(pm10),avg(pm10),min(pm10),max(pm10),stddev(pm10),percentile(pm10,50)", world.fresh()))
    direct = world.trust.sql(
        f"SELECT {HOUR_TEXT}, count(*), sum(pm10), round(avg(pm10), 10), min(pm10), max(pm10), round(stddev(pm10), 10), "
        f"percentile_disc(0.5) WITHIN GROUP (ORDER BY pm10), count(DISTINCT contribution_id) FROM {world.tables['air']} GROUP BY {HOUR} ORDER BY {HOUR}")
    assert len(got["cells"]) == len(direct) == 168 and not got["suppressed"] and got["rows"] == 88396
    names = ("at", "count", "sum(pm10)", "avg(pm10)", "min(pm10)", "max(pm10)", "stddev(pm10)", "percentile(pm10,50)")
    for cell, row in zip(got["cells"], direct):
        assert list(cell) == list(names)
        assert [cell["at"], cell["count"], cell["sum(pm10)"], cell["avg(pm10)"]] == list(row[:4])
        assert cell["percentile(pm10,50)"] == row[7] and abs(cell["stddev(pm10)"] - row[6]) <= decimal.Decimal("1e-10")
        if row[8] >= 15:
            assert [cell["min(pm10)"], cell["max(pm10)"]] in ([row[4], row[5]], [None, None])
        else:
            assert cell["min(pm10)"] is None and cell["max(pm10)"] is None


def test_the_whole_and_csv(world):
    name = world.fresh(plan=COARSE)
    got = world.ask("", name)
    assert exact(got)["cells"] == [{"count": 88396}] and got.headers["X-Commonhold-Terms"] == "1" * 64
    table = world.ask("?by=lat&measure=count,avg(pm10)", name, headers={"Accept": "text/csv"})
    assert table.headers["Content-Type"].startswith("text/csv") and table.headers["X-Commonhold-Suppressed"] in ("true", "false")
    rows = list(csv.DictReader(io.StringIO(table.body.decode(), newline="")))
    same = exact(world.ask("?by=lat&measure=count,avg(pm10)", name))
    assert [[row["lat"], row["count"], row["avg(pm10)"]] for row in rows] == [[str(c[n]) for n in ("lat", "count", "avg(pm10)")] for c in same["cells"]]
    assert world.ask("", name, headers={"Accept": "application/x-ndjson"}).slug == "not_acceptable"


def test_no_cell_of_few(world):
    """Shown cells are those of direct SQL, none of fewer than five members; what is hidden is of none or of five and more."""
    got = exact(world.ask("?by=lat,at", world.fresh(plan=COARSE)))
    direct = {(row[0], row[1]): row[2:] for row in world.trust.sql(
        f"SELECT round(lat, 1), {HOUR_TEXT}, count(*), array_agg(DISTINCT contribution_id::text) FROM {world.tables['air']} GROUP BY 1, 2, {HOUR}")}
    shown = {(c["lat"], c["at"]): c["count"] for c in got["cells"]}
    assert shown and got["suppressed"]
    for key, count in shown.items():
        assert count == direct[key][0] and len(direct[key][1]) >= 5
    for place in (0, 1):
        for value in {key[place] for key in direct}:
            line = [key for key in direct if key[place] == value]
            hidden = {member for key in line if key not in shown for member in direct[key][1]}
            whole = {member for key in line for member in direct[key][1]}
            assert len(hidden) == 0 or len(hidden) >= 5 or len(whole) < 5


def test_filters_compare_what_is_shown(world):
    for query, where in (("pm10=gt.20", "pm10 > 20"), ("lat=in.(57.15,57.16)", "round(lat, 2) IN (57.15, 57.16)"),
                         ("at=lt.2019-05-08T00:00:00Z&pm10=lte.50", "at < '2019-05-08Z' AND pm10 <= 50")):
        rows, members = world.trust.sql(f"SELECT count(*), count(DISTINCT contribution_id) FROM {world.tables['air']} WHERE {where}")[0]
        got = world.ask("?" + query, world.fresh())
        assert (exact(got)["cells"][0]["count"] == rows) if members >= 5 else got.slug == "cohort_too_small"


@pytest.mark.parametrize("query,slug", [
    ("by=device", "column_not_granted"), ("by=lat,device", "column_not_granted"), ("measure=avg(device)", "column_not_granted"),
    ("device=eq.1", "column_not_granted"), ("by=contribution_id", "column_not_granted"), ("limit=3", "column_not_granted"),
    ("by=lat%22;DROP", "column_not_granted"), ("measure=sum(row_id)", "column_not_granted"), ("by=%7B%7D", "column_not_granted"),
    ("by=lat,lat", "invalid"), ("by=lat,lon,at,pm10", "invalid"), ("by=lat,", "invalid"), ("measure=", "invalid"), ("measure=median(pm10)", "invalid"),
    ("measure=count,count", "invalid"), ("measure=count()", "invalid"), ("measure=avg()", "invalid"), ("measure=avg(pm10", "invalid"),
    ("measure=avg(pm10))", "invalid"), ("measure=percentile(pm10)", "invalid"), ("measure=percentile(pm10,101)", "invalid"),
    ("measure=percentile(pm10,-1)", "invalid"), ("measure=percentile(pm10,1e1)", "invalid"), ("measure=avg(at)", "invalid"),
    ("measure=" + ",".join(f"percentile(pm10,{i})" for i in range(9)), "invalid"), ("pm10=eq.1;DROP", "invalid"), ("pm10=lt.NaN", "invalid"),
    ("pm10=gt.100000", "cohort_too_small"), ("by=pm10,pm25", "too_many_cells")])
def test_refusals(world, query, slug):
    before = world.trust.log_text()
    assert world.ask("?" + query).slug == slug
    assert "refused a statement" not in world.trust.log_text()[len(before):]


def test_grants(world):
    """Action and mode are asked for; tokens are those of the pool, the grant and its epoch."""
    read_only = str(uuid.uuid4())
    World.grant(world, read_only, "air")
    assert world.ask("", read_only).slug == "action_not_granted"
    no_mode = world.fresh()
    world.write(lambda c: c.execute("UPDATE licensing.data_grant SET modes = '{download}' WHERE id = %s", (uid("grant " + no_mode),)))
    assert world.ask("", no_mode).slug == "mode_not_granted"
    assert world.ask(token=world.token("air", "air", epoch=2)).slug == "token_refused"
    assert world.get("/metering/v1/pools/elsewhere/aggregates").slug == "forbidden"
    assert world.ask(token=world.token("nobody", "air")).slug == "not_found"


def test_complementary(world):
    """Three cells, one of too few: the next smallest goes with it. Two that together are enough: they alone."""
    rows = [(f"a{i}", {"device": "big", "pm10": i}) for i in range(30)] + [(f"b{i}", {"device": "mid", "pm10": i}) for i in range(12)] + \
        [(f"c{i}", {"device": "tiny", "pm10": i}) for i in range(2)]
    small_pool(world, "three", rows)
    plan = [{"name": "device", "rule": "keep"}, {"name": "pm10", "rule": "keep"}]
    got = exact(world.ask("?by=device", world.fresh("three", plan=plan), "three"))
    assert got["cells"] == [{"device": "big", "count": 30}] and got["suppressed"] and got["rows"] == 30
    small_pool(world, "four", rows + [(f"d{i}", {"device": "wee", "pm10": i}) for i in range(3)])
    got = exact(world.ask("?by=device", world.fresh("four", plan=plan), "four"))
    assert [c["device"] for c in got["cells"]] == ["big", "mid"]


def test_extremes_need_more(world):
    """min and max rest on one row: 3k members; percentiles the more the nearer they come to the ends."""
    rows = [(f"{g}{i}", {"device": g, "pm10": 10 * i + 1}) for g, n in (("a", 20), ("b", 20), ("c", 9), ("d", 9)) for i in range(n)]
    small_pool(world, "ends", rows)
    plan = [{"name": "device", "rule": "keep"}, {"name": "pm10", "rule": "keep"}]
    got = exact(world.ask("?by=device&measure=min(pm10),percentile(pm10,50),percentile(pm10,5),avg(pm10)", world.fresh("ends", plan=plan), "ends"))
    by = {c["device"]: c for c in got["cells"]}
    assert set(by) == set("abcd") and got["withheld"] == ["min(pm10)", "percentile(pm10,5)"]
    assert by["a"]["min(pm10)"] == 1 and by["c"]["min(pm10)"] is None and by["c"]["percentile(pm10,5)"] is None
    assert by["c"]["percentile(pm10,50)"] == 41 and by["c"]["avg(pm10)"] == 41


def test_values_of_few(world):
    """A cell of many members in which few have a value of the measured column tells nothing of it."""
    rows = [(f"{g}{i}", {"device": g, "pm10": i, "pm25": i if g != "a" or i == 0 else None}) for g in "abc" for i in range(10)]
    small_pool(world, "gaps", rows)
    plan = [{"name": "device", "rule": "keep"}, {"name": "pm10", "rule": "keep"}, {"name": "pm25", "rule": "keep"}]
    assert [c["device"] for c in exact(world.ask("?by=device", world.fresh("gaps", plan=plan), "gaps"))["cells"]] == ["a", "b", "c"]
    assert [c["device"] for c in exact(world.ask("?by=device&measure=avg(pm25)", world.fresh("gaps", plan=plan), "gaps"))["cells"]] == ["c"]


def usage(world, name):
    return dict(world.trust.sql("SELECT meter, sum(units)::bigint FROM metering.usage_day WHERE grant_id = %s GROUP BY meter", uid("grant " + name)))


def test_usage(world):
    """A query is one of meter queries; rows count for the contributions whose rows went into shown cells. Asked again, counted again."""
    name = world.fresh(plan=COARSE)
    got = exact(world.ask("?by=lat", name))
    assert usage(world, name) == {"queries": 1, "rows": got["rows"]}
    shown = tuple(c["lat"] for c in got["cells"])
    counted = dict(world.trust.sql("SELECT contribution_id::text, units FROM metering.usage_day WHERE grant_id = %s AND meter = 'rows'", uid("grant " + name)))
    direct = dict(world.trust.sql(f"SELECT contribution_id::text, count(*) FROM {world.tables['air']} WHERE round(lat, 1) IN %s GROUP BY 1", shown))
    assert counted == direct
    assert exact(world.ask("?by=lat", name))["cells"] == got["cells"]
    assert usage(world, name) == {"queries": 2, "rows": 2 * got["rows"]}
    kept = world.trust.sql("SELECT same_as IS NULL, count(*) FROM metering.query WHERE grant_id = %s GROUP BY 1 ORDER BY 1", uid("grant " + name))
    assert kept == [(False, 1), (True, 1)]
    assert world.trust.sql("SELECT count(*) FROM metering.query_answer WHERE grant_id = %s", uid("grant " + name)) == [(1,)]
    again = world.trust.sql("SELECT meter, sum(units)::bigint FROM metering.query_usage WHERE grant_id = %s GROUP BY meter", uid("grant " + name))
    assert dict(again) == usage(world, name)


def test_quotas(world):
    queries = world.fresh(quotas=[{"meter": "queries", "period": "day", "limit": 2}])
    for _ in range(2):
        assert world.ask("", queries).status == 200
    got = world.ask("", queries)
    assert got.status == 429 and got.slug == "quota_reached" and int(got.headers["Retry-After"]) > 0 and got.json["quota"]["meter"] == "queries"
    rows = world.fresh(quotas=[{"meter": "rows", "period": "month", "limit": 100000}])
    assert world.ask("", rows).status == 200
    got = world.ask("", rows)
    assert got.slug == "quota_reached" and got.json["quota"]["left"] == 100000 - 88396
    assert usage(world, rows) == {"queries": 1, "rows": 88396}
    assert world.trust.sql("SELECT taken FROM metering.quota WHERE grant_id = %s", uid("grant " + rows)) == [(88396,)]


def test_quota_is_never_passed(world):
    """Twelve at once on two processes, five allowed."""
    name, slugs = world.fresh(quotas=[{"meter": "queries", "period": "month", "limit": 5}]), []
    threads = [threading.Thread(target=lambda: slugs.append(world.ask("?by=lat", name).slug)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answered = slugs.count("ok")
    assert answered <= 5 and set(slugs) <= {"ok", "quota_reached", "unavailable"}
    while answered < 5 and world.ask("?by=lat", name).status == 200:
        answered += 1
    assert answered == 5 and usage(world, name)["queries"] == 5 and world.ask("?by=lat", name).slug == "quota_reached"


def test_withdrawal_is_effective_at_once(world):
    """A member who has withdrawn is in no answer after it; an answer that would show who it was is refused."""
    rows = [(f"m{i}", {"device": "x", "pm10": i}) for i in range(12)]
    small_pool(world, "leave", rows)
    plan = [{"name": "device", "rule": "keep"}, {"name": "pm10", "rule": "keep"}]
    before, after = world.fresh("leave", plan=plan), world.fresh("leave", plan=plan)
    assert exact(world.ask("", before, "leave"))["cells"] == [{"count": 12}]

    def withdraw(c, count):
        bump(c, world, "leave")
        c.execute("UPDATE licensing.consent_current SET permits = false WHERE pool_id = %s AND member_id = ANY (%s::uuid[])",
                  (world.pools["leave"], [uid(f"member leave m{i}") for i in range(count)]))
    world.write(lambda c: withdraw(c, 1))
    assert exact(world.ask("", after, "leave"))["cells"] == [{"count": 11}]
    assert world.ask("", before, "leave").slug == "differencing"
    world.write(lambda c: withdraw(c, 6))
    assert exact(world.ask("", before, "leave"))["cells"] == [{"count": 6}]
    world.write(lambda c: withdraw(c, 8))
    assert world.ask("", before, "leave").slug == "cohort_too_small"


def test_consent_that_moves_meanwhile(world):
    """The pool's lock is free while rows are looked through; what was decided on an older consent is decided again, not answered."""
    rows = [(f"m{i}", {"device": "x", "pm10": i}) for i in range(12)]
    small_pool(world, "moving", rows)
    name, table = world.fresh("moving", plan=[{"name": "pm10", "rule": "keep"}]), world.tables["moving"]
    connection = psycopg2.connect(world.trust.database)
    got = []
    with connection, connection.cursor() as c:
        c.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=lambda: got.append(world.ask("", name, "moving")))
        thread.start()
        wait_for("a query that waits for the table", lambda: world.trust.sql(
            "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted", table)[0][0] > 0, 10)
        world.write(lambda w: (bump(w, world, "moving"), w.execute(
            "UPDATE licensing.consent_current SET permits = false WHERE pool_id = %s AND member_id = %s",
            (world.pools["moving"], uid("member moving m0")))))
    thread.join()
    connection.close()
    assert exact(got[0])["cells"] == [{"count": 11}]


def test_too_heavy(world):
    """A statement that takes too long is given up with a word of what to do; others are answered meanwhile."""
    small_pool(world, "locked", [(f"m{i}", {"pm10": i}) for i in range(8)])
    name = world.fresh("locked", plan=[{"name": "pm10", "rule": "keep"}])
    connection = psycopg2.connect(world.trust.database)
    got = []
    with connection, connection.cursor() as c:
        c.execute(f"LOCK TABLE {world.tables['locked']} IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=lambda: got.append(world.ask("", name, "locked")))
        thread.start()
        wait_for("a query that waits for the table", lambda: world.trust.sql(
            "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted", world.tables["locked"])[0][0] > 0, 10)
        for _ in range(20):
            assert world.rows("?limit=10").status == 200
        assert not got
        world.trust.sql("SELECT pg_cancel_backend(l.pid) FROM pg_locks AS l WHERE l.relation = %s::regclass AND NOT l.granted", world.tables["locked"])
        thread.join()
    connection.close()
    assert got[0].slug == "query_too_heavy" and got[0].status == 422


def test_values_are_parameters(world):
    """Nothing of a filter's value is in any statement's text."""
    small_pool(world, "texts", [(f"m{i}", {"device": "');DROP TABLE x;--\"\\{},", "pm10": i}) for i in range(8)])
    plan = [{"name": "device", "rule": "keep"}, {"name": "pm10", "rule": "keep"}]
    got = exact(world.ask("?by=device&device=" + quote("eq.');DROP TABLE x;--\"\\{},"), world.fresh("texts", plan=plan), "texts"))
    assert got["cells"] == [{"device": "');DROP TABLE x;--\"\\{},", "count": 8}]


@pytest.mark.parametrize("attack", ["UPDATE metering.query SET rows = 0", "DELETE FROM metering.query_answer", "DELETE FROM metering.query_usage",
                                    "UPDATE metering.query_usage SET units = units + 1", "TRUNCATE metering.query"])
def test_append_only(world, attack):
    with pytest.raises(psycopg2.errors.CheckViolation):
        world.trust.sql(attack)


def test_role_has_nothing_else(world):
    for statement in ("SELECT * FROM metering.query_answer", "INSERT INTO metering.query_usage SELECT * FROM metering.query_usage",
                      "SELECT metering.count_query(NULL, NULL, NULL, '{}', '{}')"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            world.trust.sql_as("ch_metering", statement)


def test_the_books_balance(world):
    """Invariant U1 after all of this: the rollup is what the queries say, made again to the same figures."""
    assert world.trust.sql("SELECT count(*) FROM metering.query_usage")[0][0] > 0
    world.holds()
