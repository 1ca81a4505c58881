# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hard limits of grants, every meter of them: no unit beyond, however many processes; what a process that died had leased comes back by the
database's clock; what other data planes report counts and is shown where it goes over; midnight within a delivery."""
import os
import random
import threading
import uuid

import psycopg2
import pytest

from reporting import OTHERS, Planes
from stack import eventually, together
from test_metering import SlowReader, uid
from test_uploads import kill_hard

ROUNDS = int(os.environ.get("CH_ROUNDS", "200"))
ROWS = 60000
METERS = ("bytes", "queries", "requests", "rows", "seconds", "tokens")


def quota(meter, limit, period="day"):
    return {"meter": meter, "period": period, "limit": limit}


#: Grants on the long pool, each with its quotas.
GRANTS = {"free": [], "rows": [quota("rows", 25000)], "bytes": [quota("bytes", 50000)], "big": [quota("bytes", 3000000, "month"), quota("rows", 50000)],
          "asked": [quota("requests", 3)], "many": [quota("requests", ROUNDS * 9 // 10), quota("rows", ROUNDS * 6, "month"), quota("bytes", ROUNDS * 300, "grant")],
          "killed": [quota("rows", 10000000, "month"), quota("bytes", 1 << 40, "month")], "edge": [quota("rows", 1000), quota("bytes", 100000), quota("rows", 5000, "grant")],
          "race": [quota("rows", 1 << 30), quota("rows", 1 << 40, "month"), quota("bytes", 1 << 40), quota("bytes", 1 << 41, "grant")],
          "each": [quota(meter, 10, "month") for meter in METERS], "reported": [quota("rows", 100), quota("tokens", 100), quota("requests", 1 << 20)]}


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(settings={"common": {"processes": 2, "requests_per_client": 64}, "metering": {"requests_per_second": 100000, "requests_burst": 100000}})
    made = Planes(trust, stack)
    made.pool("long")

    def work(c):
        keys = [made.contribution(c, "long", f"long{i}", ROWS // 6) for i in range(6)]
        c.execute(f"INSERT INTO {made.tables['long']} (contribution_id, lat, lon, at, pm10, pm25, device) SELECT (%s::uuid[])[1 + i %% 6], 57.1234, -2.1, "
                  "timestamptz '2026-01-01Z' + i * interval '7 s', i %% 500, i, 'd' FROM generate_series(0, %s - 1) AS i", (keys, ROWS))
    made.write(work)
    for name, quotas in GRANTS.items():
        made.grant(name, "long", cohort=1, quotas=quotas)
    yield made
    assert findings(made) == [], "the auditor counts the same"
    stack.release(trust)


def findings(world):
    return world.trust.sql("SELECT * FROM audit.check_quotas('quotas')")


def ask(world, name, query="", **more):
    return world.rows("?select=pm10" + query, name, "long", **more)


def state(world, name):
    """(meter, period) -> used, left, over, leased."""
    got = world.trust.sql("SELECT metering.quota_state(%s)", uid("grant " + name))[0][0]
    return {(q["meter"], q["period"]): (q["used"], q["left"], q["over"], q["leased"]) for q in got}


def is_refused(got, meter):
    assert (got.status, got.slug) == (429, "quota_reached"), (got.status, got.body[-300:])
    assert got.json["quota"]["meter"] == meter and 0 < int(got.headers["Retry-After"]) <= 31 * 86400
    return got


# -- one delivery --------------------------------------------------------------


def test_rows_end_a_delivery_at_the_unit(world):
    rows, trailer = ask(world, "rows").table()
    assert len(rows) == 25000 and trailer["end"] == "quota_reached"
    is_refused(ask(world, "rows"), "rows")
    assert state(world, "rows")["rows", "day"] == (25000, 0, 0, 0)


def test_bytes_end_a_delivery_before_the_row_that_is_too_much(world):
    whole = ask(world, "free").split()[0]
    body, trailer = ask(world, "bytes").split()
    assert trailer["end"] == "quota_reached" and body.endswith(b"\r\n") and len(body) == int(trailer["bytes"])
    following = whole[len(body):].split(b"\r\n", 1)[0] + b"\r\n"
    assert len(body) <= 50000 < len(body) + len(following), "the batch is cut to fit, and not shorter"
    assert state(world, "bytes")["bytes", "day"] == (len(body), 50000 - len(body), 0, 0)
    told = is_refused(ask(world, "bytes"), "bytes").json
    assert told["quota"]["left"] == 50000 - len(body)


def test_bytes_are_those_before_content_coding(world):
    before = state(world, "big")["bytes", "month"][0]
    got = ask(world, "big", "&limit=1000", headers={"Accept-Encoding": "gzip"})
    assert got.headers["Content-Encoding"] == "gzip"
    told = world.get("/metering/v1/deliveries/" + got.headers["X-Commonhold-Delivery"], "big", "long").json
    assert state(world, "big")["bytes", "month"][0] - before == told["bytes"] > len(got.body)


def test_a_delivery_of_many_batches_takes_what_it_sends_and_returns_the_rest(world):
    used = state(world, "big")["bytes", "month"][0], state(world, "big")["rows", "day"][0]
    got = ask(world, "big", "&limit=35000")
    body, trailer = got.split()
    assert trailer["end"] == "complete" and len(world.get("/metering/v1/deliveries/" + got.headers["X-Commonhold-Delivery"], "big", "long").json["batches"]) > 2
    assert state(world, "big") == {("bytes", "month"): (used[0] + len(body), 3000000 - used[0] - len(body), 0, 0),
                                   ("rows", "day"): (used[1] + 35000, 50000 - used[1] - 35000, 0, 0)}


def test_a_row_longer_than_a_batch_asks_for_more(world):
    """Rows of 1.5 MB each: longer than what a batch asks of the quota; two fit into it."""
    world.pool("wide")

    def work(c):
        keys = [world.contribution(c, "wide", f"wide{i}", 1) for i in range(6)]
        for key in keys:
            c.execute(f"INSERT INTO {world.tables['wide']} (contribution_id, device) VALUES (%s, repeat('x', 1500000))", (key,))
    world.write(work)
    world.grant("wide", "wide", cohort=1, plan=[{"name": "device", "rule": "keep"}], quotas=[quota("bytes", 3500000)])
    got = world.rows("", "wide", "wide")
    body, trailer = got.split()
    assert trailer["rows"] == "2" and trailer["end"] == "quota_reached" and 3000000 < len(body) <= 3500000
    is_refused(world.rows("", "wide", "wide"), "bytes")


def test_requests_count_once_the_grant_lets_them_through(world):
    token = world.token("asked", "air")
    assert world.get("/metering/v1/pools/air/rows", token=token).slug == "forbidden", "of another pool: refused, and not counted"
    for refused, slug in (("&pm10=nonsense", "invalid"), ("&nothing=eq.1", "column_not_granted"), ("&pm10=gt.x", "invalid"), ("&limit=0", "invalid"),
                          ("&after=AAAA", "resume_refused"), ("&limit=1&limit=2", "bad_request"), ("&pm10=eq.-1", "cohort_too_small")):
        assert ask(world, "asked", refused).slug == slug
        eventually("nothing to be held", lambda: state(world, "asked")["requests", "day"][3] == 0)
    assert state(world, "asked")["requests", "day"] == (0, 3, 0, 0)
    end = ask(world, "asked").split()[1]["resume"]
    assert ask(world, "asked", f"&after={end}").split()[1]["rows"] == "0"
    eventually("an answer without rows to count too", lambda: state(world, "asked")["requests", "day"] == (2, 1, 0, 0))
    assert ask(world, "asked", "&limit=1").status == 200
    told = is_refused(ask(world, "asked", "&limit=1"), "requests").json["quota"]
    assert told["used"] == told["limit"] == 3 and told["left"] == 0 and told["reset_at"].endswith("T00:00:00Z")


def test_a_request_refused_once_rows_were_counted_is_none(world):
    world.grant("crowd", "long", cohort=7, quotas=[quota("requests", 1)])
    for _ in range(2):
        assert ask(world, "crowd").slug == "cohort_too_small"
        eventually("nothing to be held", lambda: state(world, "crowd")["requests", "day"] == (0, 1, 0, 0))


def test_a_question_refused_is_no_request(world):
    """For aggregates as for rows; the last of several at once is refused, not served beyond the limit."""
    world.grant("asker", "long", cohort=1, quotas=[quota("requests", 3)])
    world.write(lambda c: c.execute("UPDATE licensing.data_grant SET actions = '{read,aggregate}', modes = '{download,query}' WHERE id = %s", (uid("grant asker"),)))
    asked = lambda query="": world.get("/metering/v1/pools/long/aggregates" + query, "asker", "long")
    for query, slug in (("?by=nothing", "column_not_granted"), ("?measure=sum(", "invalid"), ("?measure=count&measure=count", "bad_request")):
        assert asked(query).slug == slug
    assert state(world, "asker")["requests", "day"] == (0, 3, 0, 0)
    assert asked().status == 200 and state(world, "asker")["requests", "day"] == (1, 2, 0, 0)
    assert sorted(got.status for got in together(*[asked] * 6)) == [200, 200, 429, 429, 429, 429]
    is_refused(asked(), "requests")
    assert state(world, "asker")["requests", "day"] == (3, 0, 0, 0)


# -- what queries and other parts take -------------------------------------------


@pytest.mark.parametrize("meter", METERS)
def test_take_all_or_nothing(world, meter):
    take = lambda units: world.trust.sql("SELECT (a).outcome, (a).body FROM (SELECT metering.take_quota(%s, %s, %s, %s) AS a) AS x",
                                         world.pools["long"], uid("grant each"), meter, units)[0]
    assert take(7)[0] == "ok"
    outcome, body = take(4)
    assert outcome == "quota_reached" and body["quota"]["meter"] == meter and body["quota"]["left"] == 3 and body["retry_after"] > 0
    assert take(3)[0] == "ok" and take(1)[0] == "quota_reached"
    assert state(world, "each")[meter, "month"] == (10, 0, 0, 0)
    # what nothing vouches for would be the auditor's finding
    world.write(lambda c: c.execute("UPDATE metering.quota SET taken = 0 WHERE grant_id = %s", (uid("grant each"),)))


def test_what_is_reported_counts_and_is_shown_over(world):
    """Events are never refused for a quota; deliveries find less."""
    send = lambda meter, units: world.report([{**world.event(grant="reported", meter=meter, units=units), "data": {"pool": "long", "meter": meter, "units": units}}])
    send("tokens", 70)
    assert state(world, "reported")["tokens", "day"] == (70, 30, 0, 0)
    assert send("tokens", 50)["accepted"] == 1
    assert state(world, "reported")["tokens", "day"] == (120, 0, 20, 0)
    send("rows", 60)
    rows, trailer = ask(world, "reported").table()
    assert len(rows) == 40 and trailer["end"] == "quota_reached"
    send("rows", 5)
    assert state(world, "reported")["rows", "day"] == (105, 0, 5, 0)
    is_refused(ask(world, "reported"), "rows")
    usage = world.get(f"/metering/v1/grants/{uid('grant reported')}/usage", "reported", "long").json
    assert next(q for q in usage["quotas"] if q["meter"] == "rows")["over"] == 5
    assert findings(world) == []


def test_what_goes_back_pays_what_is_over_first(world):
    """A delivery holds 80 of 100, events report 60: 40 over. It returns its 80: 60 used, 40 left, nothing over."""
    name, holder = "returned", str(uuid.uuid4())
    world.grant(name, "long", cohort=1, quotas=[quota("rows", 100)])
    lease = lambda: world.trust.sql("SELECT metering.lease_quota(%s, %s, %s, 'rows', 80)", world.pools["long"], uid("grant " + name), holder)[0][0]
    assert lease() == 80
    world.report([{**world.event(grant=name), "data": {"pool": "long", "meter": "rows", "units": 60}}])
    assert state(world, name)["rows", "day"] == (60, 40, 0, 80)
    assert world.trust.sql("SELECT taken, excess FROM metering.quota WHERE grant_id = %s", uid("grant " + name)) == [(100, 40)]
    world.trust.sql("SELECT metering.return_leases(%s, %s, %s)", world.pools["long"], uid("grant " + name), holder)
    assert world.trust.sql("SELECT taken, excess FROM metering.quota WHERE grant_id = %s", uid("grant " + name)) == [(60, 0)]


# -- many at once ------------------------------------------------------------------


def test_two_processes_on_one_quota(world):
    """Requests of 7 rows from 8 threads over both processes, under three quotas at once: every sum is exact."""
    print("rounds", ROUNDS)
    each, answers = ROUNDS // 8, []
    token = world.token("many", "long")

    def run():
        for _ in range(each):
            answers.append(ask(world, "many", "&limit=7", token=token))
    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while (got := ask(world, "many", "&limit=7", token=token)).status == 200:
        answers.append(got)
    given = [a.split() for a in answers if a.status == 200]
    assert {a.slug for a in answers if a.status != 200} <= {"quota_reached"}
    rows, size = sum(int(trailer["rows"]) for _, trailer in given), sum(len(body) for body, _ in given)
    now = state(world, "many")
    assert now["rows", "month"][0] == rows <= ROUNDS * 6 and now["bytes", "grant"][0] == size <= ROUNDS * 300
    assert now["requests", "day"][0] <= ROUNDS * 9 // 10 and min(now["rows", "month"][1], now["requests", "day"][1]) == 0 or size > ROUNDS * 300 - 50
    assert all(q[3] == 0 and q[2] == 0 for q in now.values()), "no lease is left behind"
    world.fold()
    assert world.trust.sql("SELECT sum(units)::bigint FROM metering.usage_day WHERE grant_id = %s", uid("grant many")) == [(rows,)]
    assert findings(world) == []


def test_leases_returns_takes_and_reports_at_once(world):
    """All that changes quotas, crosswise on the same rows: nobody waits in a circle, and what is taken is what is held and used."""
    seed = random.randrange(1 << 30)
    print("seed", seed, "rounds", ROUNDS)
    pool, grant, used = world.pools["long"], uid("grant race"), {"rows": 0, "bytes": 0}
    lock = threading.Lock()

    def lessee(n):
        rng = random.Random(seed + n)
        holder, connection = str(uuid.uuid4()), psycopg2.connect(world.trust.database)
        for _ in range(ROUNDS // 4):
            with connection, connection.cursor() as c:
                c.execute("SELECT metering.lease_quota(%s, %s, %s, 'bytes', %s)", (pool, grant, holder, rng.randrange(1, 1 << 20)))
                c.execute("SELECT metering.lease_quota(%s, %s, %s, 'rows', %s)", (pool, grant, holder, rng.randrange(1, 10000)))
            with connection, connection.cursor() as c:
                if rng.random() < 0.5:
                    c.execute("SELECT metering.return_leases(%s, %s, %s)", (pool, grant, holder))
                else:
                    c.execute("UPDATE metering.quota_lease SET heartbeat_at = now() - interval '31 s' WHERE holder = %s", (holder,))
                    c.execute("SELECT metering.return_dead_leases()")
        connection.close()

    def taker(n):
        rng, connection = random.Random(seed - n), psycopg2.connect(world.trust.database)
        for _ in range(ROUNDS // 4):
            meter, units = rng.choice(["rows", "bytes"]), rng.randrange(1, 100)
            with connection, connection.cursor() as c:
                if rng.random() < 0.5:
                    c.execute("SELECT (metering.take_quota(%s, %s, %s, %s)).outcome", (pool, grant, meter, units))
                    assert c.fetchone() == ("ok",)
                else:
                    meter = "rows"
                    c.execute("SELECT metering.lock_usage(%s)", (pool,))
                    c.execute("SELECT metering.add_usage(ARRAY[%s, %s]::uuid[], ARRAY[(now() AT TIME ZONE 'UTC')::date, (now() AT TIME ZONE 'UTC')::date], "
                              "ARRAY[%s, %s]::uuid[], '{rows,bytes}', ARRAY[NULL, NULL]::uuid[], ARRAY[%s, %s]::bigint[])", (pool, pool, grant, grant, units, units))
                    with lock:
                        used["bytes"] += units
            with lock:
                used[meter] += units
        connection.close()
    together(*[lambda n=n: lessee(n) for n in range(3)], *[lambda n=n: taker(n) for n in range(2)])
    world.trust.sql("UPDATE metering.quota_lease SET heartbeat_at = now() - interval '31 s' WHERE grant_id = %s", grant)
    world.trust.sql("SELECT metering.return_dead_leases()")
    assert {key: (u, o, l) for key, (u, _, o, l) in state(world, "race").items()} == {
        ("rows", "day"): (used["rows"], 0, 0), ("rows", "month"): (used["rows"], 0, 0), ("bytes", "day"): (used["bytes"], 0, 0),
        ("bytes", "grant"): (used["bytes"], 0, 0)}
    # none of this was a delivery: what the rollup and the quota were given by hand goes again
    world.write(lambda c: c.execute("DELETE FROM metering.usage_day WHERE grant_id = %s", (grant,)))
    world.write(lambda c: c.execute("DELETE FROM metering.quota WHERE grant_id = %s", (grant,)))


# -- what dies ---------------------------------------------------------------------


def test_what_a_killed_process_held_comes_back_after_thirty_seconds(world):
    reader = SlowReader(world, "killed", "long")
    reader.wait_stalled(world)
    held = state(world, "killed")
    assert held["rows", "month"][3] > 0 and held["bytes", "month"][3] > 0
    kill_hard(world.trust)
    reader.socket.close()
    world.trust.start()
    sent = world.trust.sql("SELECT sum(rows)::bigint, sum(bytes)::bigint FROM metering.batch WHERE grant_id = %s", uid("grant killed"))[0]
    assert (state(world, "killed")["rows", "month"][0], state(world, "killed")["bytes", "month"][0]) == sent
    want = lambda: world.trust.sql("SELECT metering.lease_quota(%s, %s, %s, 'rows', 10000000)", world.pools["long"], uid("grant killed"), str(uuid.UUID(int=1)))[0][0]
    left = 10000000 - sent[0]
    assert want() == left - held["rows", "month"][3], "29 s: the units are the dead process's still"
    world.trust.sql("UPDATE metering.quota_lease SET heartbeat_at = clock_timestamp() - interval '29 s' WHERE holder = %s", reader.delivery)
    assert want() == left - held["rows", "month"][3]
    world.trust.sql("UPDATE metering.quota_lease SET heartbeat_at = clock_timestamp() - interval '31 s' WHERE holder = %s", reader.delivery)
    assert want() == left, "31 s: whoever wants them has them"
    world.trust.sql("SELECT metering.return_dead_leases()")
    assert state(world, "killed")["bytes", "month"][3] == 0, "and the worker's minute brings back what nobody asked for"
    world.trust.sql("SELECT metering.return_leases(%s, %s, %s)", world.pools["long"], uid("grant killed"), str(uuid.UUID(int=1)))
    # nobody ever saw its batches: their rows and bytes come back too
    world.trust.sql("SELECT metering.supersede_delivery(%s, %s, %s)", world.pools["long"], uid("grant killed"), reader.delivery)
    assert {q[0] for q in state(world, "killed").values()} == {0}


def test_a_lease_taken_from_a_slow_delivery_is_no_second_lease(world):
    """The reader was slow for 31 s, its lease went to another; it goes on with a new one, and the sum stays within."""
    name = "slowly"
    world.grant(name, "long", cohort=1, quotas=[quota("rows", 58000)])
    reader = SlowReader(world, name, "long")
    reader.wait_stalled(world)
    held = state(world, name)["rows", "day"][3]
    world.write(lambda c: c.execute("WITH more AS (UPDATE metering.quota_lease SET units = units + 4000, heartbeat_at = clock_timestamp() - interval '31 s' "
                                    "WHERE holder = %s) UPDATE metering.quota SET taken = taken + 4000 WHERE grant_id = %s", (reader.delivery, uid("grant " + name))))
    assert state(world, name)["rows", "day"][3] == held + 4000
    rows, trailer = ask(world, name).table()
    assert trailer["end"] == "quota_reached"
    body, slow = reader.rest().split()
    assert slow["end"] == "quota_reached" and len(rows) + int(slow["rows"]) == 58000
    assert state(world, name)["rows", "day"] == (58000, 0, 0, 0)


# -- midnight ----------------------------------------------------------------------


def test_midnight_within_a_delivery(world):
    """Yesterday's lease and batch and today's: each goes back to its own day, also where the commit came behind midnight."""
    pool, grant = world.pools["long"], uid("grant edge")
    delivery = world.trust.sql("SELECT metering.month_key(date_trunc('month', now())::date)")[0][0][:-3] + "eda"
    midnight = "(date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')"
    yesterday = f"({midnight} - interval '100 milliseconds')"

    def begin(c):
        c.execute("INSERT INTO metering.delivery (pool_id, id, pool, grant_id, organisation_id, mode, plan_hash, terms_sha256) VALUES (%s, %s, 'long', %s, %s, "
                  "'download', repeat('0', 64), 'x')", (pool, delivery, grant, world.mine))
        for meter, most, taken, lease in (("rows", 1000, 300, 100), ("bytes", 100000, 9000, 2000)):
            c.execute(f"INSERT INTO metering.quota (pool_id, grant_id, meter, period, starts_on, most, taken) VALUES (%s, %s, %s, 'day', ({yesterday} AT TIME ZONE "
                      "'UTC')::date, %s, %s)", (pool, grant, meter, most, taken))
            c.execute(f"INSERT INTO metering.quota_lease SELECT pool_id, grant_id, meter, period, starts_on, %s, %s, now() FROM metering.quota WHERE grant_id = %s "
                      "AND meter = %s AND period = 'day'", (delivery, lease, grant, meter))
        c.execute("INSERT INTO metering.quota (pool_id, grant_id, meter, period, starts_on, most, taken) VALUES (%s, %s, 'rows', 'grant', '2000-01-01', 5000, 200)",
                  (pool, grant))
        # its transaction began before midnight and committed behind it
        c.execute(f"INSERT INTO metering.batch (pool_id, delivery_id, no, grant_id, first_row, last_row, rows, bytes, body_sha256, consent_epoch, grant_epoch, "
                  f"contributions, counts, taken_at, committed_at) VALUES (%s, %s, 1, %s, 1, 200, 200, 7000, sha256(''), 1, 1, '{{1}}', '{{200}}', {yesterday}, "
                  f"{midnight} + interval '100 milliseconds')", (pool, delivery, grant))
    world.write(begin)
    got = world.trust.sql("SELECT outcome, allowance, byte_allowance FROM metering.begin_batch(%s, %s, %s, NULL, -1, 1, 9223372036854775807, 500, 60000)",
                          pool, delivery, grant)
    assert got == [("ok", 500, 60000)], "today has a quota of its own"
    assert state(world, "edge") == {("rows", "day"): (0, 1000, 0, 500), ("bytes", "day"): (0, 100000, 0, 60000), ("rows", "grant"): (200, 4800, 0, 500)}
    world.trust.sql("SELECT metering.end_delivery(%s, %s, 0, 'gone', 'the client left', 0, 0, %s)", pool, delivery, "0" * 64)
    rows = world.trust.sql("SELECT meter, period, taken FROM metering.quota WHERE grant_id = %s ORDER BY starts_on, meter, period", grant)
    assert rows == [("rows", "grant", 0), ("bytes", "day", 0), ("rows", "day", 0), ("bytes", "day", 0), ("rows", "day", 0)]
    assert world.trust.sql("SELECT count(*) FROM metering.quota_lease WHERE grant_id = %s", grant) == [(0,)]


def test_days_and_months_turn_in_utc_by_the_databases_clock(world):
    starts = lambda at: world.trust.sql("SELECT metering.period_start('day', %s)::text, metering.period_start('month', %s)::text, metering.period_start('grant', %s)::text",
                                        at, at, at)[0]
    assert starts("2026-12-31T23:59:59.999999Z") == ("2026-12-31", "2026-12-01", "2000-01-01")
    assert starts("2027-01-01T00:00:00Z") == ("2027-01-01", "2027-01-01", "2000-01-01")
    assert starts("2027-01-01T00:30:00+01:00") == ("2026-12-31", "2026-12-01", "2000-01-01")


# -- attacks ------------------------------------------------------------------------


def test_nobody_uses_or_sees_the_quota_of_another(world):
    before = state(world, "asked"), state(world, "rows")
    stolen = world.token("free", "long", org=OTHERS)
    assert world.get(f"/metering/v1/grants/{uid('grant rows')}/usage", token=stolen).slug == "not_found"
    wrong = world.token("rows", "long", pool="air")
    assert world.get("/metering/v1/pools/air/rows", token=wrong).slug == "forbidden"
    event = {**world.event(grant="asked"), "source": world.sources["rival"], "data": {"pool": "long", "meter": "requests", "units": 1000}}
    assert [r["reason"] for r in world.report([event], name="rival")["rejected"]] == ["grant_unknown"]
    assert (state(world, "asked"), state(world, "rows")) == before


def test_the_http_role_cannot_mend_a_quota(world):
    for statement in ("UPDATE metering.quota SET taken = 0", "DELETE FROM metering.quota_lease", "SELECT metering.give_back(NULL, NULL, 'rows', 'day', now()::date, 5)",
                      "SELECT metering.return_quota(NULL, NULL, now(), 1, 1)", "SELECT metering.return_leases(NULL, NULL, NULL)"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            world.trust.sql_as("ch_metering", statement)
