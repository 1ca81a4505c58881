# SPDX-License-Identifier: AGPL-3.0-or-later
"""The auditor's checks of metering against faults: a trust that delivered through the real services, with events, queries, a sealed month and logged
hours beside it, is the base; then one thing at a time is changed behind the services' back, and the audit must say exactly what, in both
modes, and be silent again when it is undone."""
import datetime
import random
import re

import pytest

from auditing import Books, all_fired, clean, half_a_cycle, is_told, told_in
from cycled import SEED
from faults import agree, redefined, told
from test_faults import CHECKS as EVERY_CHECK
from test_seals import Adder, connected, month_of

CHECKS = {"MET-D1", "MET-E1", "MET-L1", "MET-Q1", "MET-U1", "MET-U2"}
FIRED = {}
QUARANTINED = "00000000-0000-8000-8000-00000000000e"
HEX = re.compile("[0-9a-f]{64}")
NOW = datetime.datetime.now(datetime.timezone.utc)
THIS, LAST = month_of(NOW.date()), month_of(NOW.date(), -1)
THEN = datetime.datetime(LAST.year, LAST.month, 20, 12, tzinfo=datetime.timezone.utc)


class Backdated(Books):
    """With usage of last month, and of before the first grant, which M2 would rightly speak of: it is not asked."""

    def run(self, *options):
        return super().run("--checks", ",".join(check for check in EVERY_CHECK if check != "M2"), *options)


def add_usage(books):
    """Events and queries of this month and the last, which is sealed by now; late ones behind it; a quota; the hour in the log."""
    pool, ref, grant = books.sql("SELECT g.pool_id::text, g.pool, g.grant_id::text FROM licensing.grant_overview AS g JOIN metering.delivery AS d USING (grant_id) ORDER BY d.id LIMIT 1")[0]
    one, two = [c for c, in books.sql("SELECT id::text FROM licensing.contribution WHERE state = 'accepted' ORDER BY no LIMIT 2")]
    # The contributions as if they had been there the month before, so that what names none is spread.
    books.change([], "UPDATE licensing.contribution SET decided_at = decided_at - interval '60 days' WHERE state = 'accepted'")
    with connected(books.database) as connection:
        adder = Adder(connection, random.Random(SEED))
        for n in range(4):
            adder.event(pool, grant, "bytes", 1000 + n, [one, two][n % 2], NOW)
            adder.event(pool, grant, "seconds", 100 + n, None, THEN)
        adder.event(pool, grant, "seconds", 17, one, THEN)
        adder.query(pool, grant, [one, two], NOW)
    books.change([], "INSERT INTO metering.quarantine (source_no, event_key, event_id, grant_id, pool_id, meter, units, occurred_at, content_hash, reason) "
                 f"VALUES (1, '{QUARANTINED}', 'q', '{grant}', '{pool}', 'tokens', 9, now(), sha256('x'), 'grant_revoked')")
    while books.one("SELECT (metering.fold_usage(false)).body ->> 'done'") != "true":
        pass
    assert books.one("SELECT (metering.seal_usage(%s, %s, %s, NULL)).outcome", pool, ref, LAST) == "sealed"
    with connected(books.database) as connection:
        Adder(connection, random.Random(SEED + 1)).event(pool, grant, "seconds", 23, two, THEN)
    books.sql("INSERT INTO metering.quota (pool_id, grant_id, meter, period, starts_on, most, taken) SELECT pool_id, grant_id, 'rows', 'month', %s, 1000000, sum(rows) + 40 FROM "
              "metering.batch WHERE grant_id = %s AND state <> 'unsent' GROUP BY 1, 2", THIS, grant)
    books.sql("INSERT INTO metering.quota_lease (pool_id, grant_id, meter, period, starts_on, holder, units, heartbeat_at) VALUES (%s, %s, 'rows', 'month', %s, %s, 40, now())",
              pool, grant, THIS, grant)
    for hour, in books.sql("SELECT DISTINCT date_trunc('hour', at, 'UTC') FROM (SELECT received_at FROM metering.usage_event UNION SELECT settled_at FROM metering.batch) AS x (at) "
                           "WHERE at IS NOT NULL"):
        books.sql("SELECT metering.log_hour(%s)", hour)
    books.sql("UPDATE metering.clock SET at = date_trunc('hour', now(), 'UTC') + interval '1 hour' WHERE name = 'log_hours'")


@pytest.fixture(scope="module")
def base(stack, tmp_path_factory):
    trust = stack.trust(sign_in=False)
    folder = tmp_path_factory.mktemp("audit-metering")
    half_a_cycle(stack, trust, folder)
    trust.wait_sql("all deliveries ended", "SELECT NOT EXISTS (SELECT FROM metering.batch WHERE state = 'committed') AND EXISTS (SELECT FROM metering.batch)")
    trust.wait_sql("all leaves logged", "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")
    trust.stop()
    books = Backdated(stack.admin, "metering_base", trust.name)
    stack.release(trust)
    add_usage(books)
    books.as_of = books.one("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
    yield clean(books, CHECKS)
    books.drop()


@pytest.fixture
def books(stack, base):
    made = Backdated(stack.admin, "metering_copy", base.name)
    made.as_of = base.as_of
    yield made
    made.drop()


def hour_changed(b, at, count=0, units=0):
    """The findings of MET-L1 where an hour's things are no longer those that were logged."""
    out = []
    for pool, hour, n, total, root in b.sql("SELECT pool_id::text, to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24'), count, units, root FROM metering.usage_hour WHERE hour = "
                                            "date_trunc('hour', %s::timestamptz, 'UTC')", at):
        name = f"{pool} {hour}"
        out += [told("MET-L1", "hour", name, "root", HEX, root)]
        out += [told("MET-L1", "hour", name, "count", str(n + count), str(n))] if count else []
        out += [told("MET-L1", "hour", name, "units", str(total + units), str(total))] if units else []
    return out


def event(b, meter="bytes", late=False, number=0):
    """(key, pool, day, grant, contribution, units, received, line's units) of an accepted event."""
    return b.sql("SELECT e.event_key::text, e.pool_id::text, e.day::text, e.grant_id::text, e.contribution_id::text, e.units, e.received_at::text, (SELECT u.units FROM metering.usage_day AS u "
                 "WHERE (u.pool_id, u.day, u.grant_id, u.meter) = (e.pool_id, e.day, e.grant_id, e.meter) AND u.contribution_id IS NOT DISTINCT FROM e.contribution_id AND u.late IS NOT "
                 "DISTINCT FROM e.late) FROM metering.placed_event AS e WHERE e.meter = %s AND (e.late IS NOT NULL) = %s ORDER BY e.units OFFSET %s LIMIT 1", meter, late, number)[0]


def line(e, meter, expected, is_, late=""):
    return told("MET-U1", "usage", " ".join(part for part in (e[1], e[2], e[3], meter, e[4], late) if part), "units", str(expected), str(is_))


# ---- U1 ----

def line_changed(b):
    e = event(b)
    return (["metering.usage_day"], [f"UPDATE metering.usage_day SET units = units + 1 WHERE meter = 'bytes' AND contribution_id = '{e[4]}'"], [line(e, "bytes", e[7], e[7] + 1)])


def line_dropped(b):
    e = event(b)
    return ["metering.usage_day"], [f"DELETE FROM metering.usage_day WHERE meter = 'bytes' AND contribution_id = '{e[4]}'"], [line(e, "bytes", e[7], 0)]


def units_moved_between_lines(b):
    """The month's total is as before."""
    e, z = event(b), event(b, number=1)
    assert e[4] != z[4]
    return (["metering.usage_day"], [f"UPDATE metering.usage_day SET units = units + CASE contribution_id WHEN '{e[4]}' THEN 5 ELSE -5 END WHERE meter = 'bytes'"],
            [line(e, "bytes", e[7], e[7] + 5), line(z, "bytes", z[7], z[7] - 5)])


def row_of_a_batch_booked_on_another(b):
    """From one contribution to another: the batch is as long as before."""
    batch, day, grant, pool, contributions = b.sql("SELECT delivery_id || '/' || no, day::text, grant_id::text, pool_id::text, contributions FROM metering.batch WHERE cardinality(counts) > 1 "
                                                   "AND counts[1] > 0 AND state = 'sent' ORDER BY 1 LIMIT 1")[0]
    expected = []
    for no, change in zip(contributions, (-1, 1)):
        contribution = b.one("SELECT id::text FROM licensing.contribution WHERE no = %s", no)
        stored = b.one("SELECT units FROM metering.usage_day WHERE grant_id = %s AND day = %s AND meter = 'rows' AND contribution_id = %s AND late IS NULL", grant, day, contribution)
        expected.append(line((None, pool, day, grant, contribution), "rows", stored + change, stored))
    return ["metering.batch"], [f"UPDATE metering.batch SET counts[1] = counts[1] - 1, counts[2] = counts[2] + 1 WHERE delivery_id || '/' || no = '{batch}'"], expected


def event_slipped_in(b):
    e = event(b)
    return (["metering.usage_event"], ["INSERT INTO metering.usage_event SELECT (jsonb_populate_record(e, jsonb_build_object('event_key', log.new_id()))).* FROM metering.usage_event AS e "
                                       f"WHERE event_key = '{e[0]}'"], [line(e, "bytes", e[7] + e[5], e[7]), *hour_changed(b, e[6], 1, e[5])])


def event_taken_back(b):
    e = event(b)
    return (["metering.usage_event"], [f"DELETE FROM metering.usage_event WHERE event_key = '{e[0]}'"], [line(e, "bytes", e[7] - e[5], e[7]), *hour_changed(b, e[6], -1, -e[5])])


def line_of_an_open_month_put_off(b):
    """A line moved to the next month, as late usage of a month that is open."""
    e, later = event(b), month_of(THIS, 1)
    return (["metering.usage_day"], [f"UPDATE metering.usage_day SET day = '{later}', late = '{THIS}' WHERE meter = 'bytes' AND contribution_id = '{e[4]}'"],
            [line(e, "bytes", e[7], 0), line((*e[:2], str(later), *e[3:]), "bytes", 0, e[7], f"late {THIS.strftime('%Y-%m')}")])


def query_put_off(b):
    """Query and line together."""
    query, pool, day, units = b.sql("SELECT query_id::text, pool_id::text, day::text, units FROM metering.query_usage WHERE meter = 'queries'")[0]
    later, change = month_of(THIS, 1), f"SET day = '{month_of(THIS, 1)}', late = '{THIS}' WHERE meter = 'queries'"
    return (["metering.query_usage", "metering.usage_day"], [f"UPDATE metering.query_usage {change}", f"UPDATE metering.usage_day {change}"],
            [told("MET-U1", "query", query, "day", f"{day}, for that month is open", f"{later} late usage of {THIS.strftime('%Y-%m')}")])


def closing_moved(b):
    """The month as if it had been closed after the late event came: that event belonged into it."""
    e, month = event(b, "seconds", True), LAST.strftime("%Y-%m")
    return (["metering.closed_month"], [f"UPDATE metering.closed_month SET closed_at = '{e[6]}'::timestamptz + interval '1 second'"],
            [line(e, "seconds", 0, e[5], f"late {month}"), line((*e[:2], str(THEN.date()), *e[3:]), "seconds", e[5], 0)])


def batch_never_counted(b):
    """Sent two hours ago, and no usage."""
    pool, batch, day, grant, settled = b.sql("SELECT pool_id::text, delivery_id || '/' || no, day::text, grant_id::text, settled_at::text FROM metering.batch WHERE state = 'sent' AND rows > 0 ORDER BY 2 "
                                             "LIMIT 1")[0]
    rows = b.sql("SELECT c.id::text, v.n FROM metering.batch AS b, unnest(b.contributions, b.counts) AS v (no, n) JOIN licensing.contribution AS c ON c.no = v.no "
                 "WHERE b.delivery_id || '/' || b.no = %s AND v.n > 0", batch)
    expected = [told("MET-U1", "batch", batch, "counted", "within the hour", "not counted")]
    for contribution, n in rows:
        stored = b.one("SELECT units FROM metering.usage_day WHERE grant_id = %s AND day = %s AND meter = 'rows' AND contribution_id = %s", grant, day, contribution)
        expected.append(line((None, pool, day, grant, contribution), "rows", stored - n, stored))
    earlier = b.one("SELECT count(*) FROM metering.usage_hour WHERE pool_id = %s AND hour < date_trunc('hour', %s::timestamptz, 'UTC')", pool, settled)
    assert earlier == 0, "hours before the first one logged are not asked for"
    return (["metering.batch"], [f"UPDATE metering.batch SET day = NULL, settled_at = settled_at - interval '2 hours' WHERE delivery_id || '/' || no = '{batch}'"],
            expected + hour_changed(b, settled, -1, -sum(n for _, n in rows)))


# ---- U2 ----

def share_moved_between_contributions(b):
    """Of units that named nobody; the grant's total is as before."""
    (one, n), (two, m) = b.sql("SELECT contribution_id::text, units FROM metering.sealed_usage WHERE meter = 'seconds' ORDER BY units DESC, 1 LIMIT 2")
    pool, grant, root = b.sql("SELECT s.pool_id::text, u.grant_id::text, s.root FROM metering.seal AS s JOIN metering.sealed_usage AS u USING (pool_id, month) LIMIT 1")[0]
    name = f"{pool} {LAST.strftime('%Y-%m')} {grant} seconds"
    return (["metering.sealed_usage"], [f"UPDATE metering.sealed_usage SET units = units + CASE contribution_id WHEN '{one}' THEN 1 ELSE -1 END WHERE contribution_id IN ('{one}', '{two}')"],
            [told("M1", "seal", f"{pool} {LAST}", "usage_root", HEX, root), told("MET-U2", "usage", f"{name} {one}", "share", str(n), str(n + 1)),
             told("MET-U2", "usage", f"{name} {two}", "share", str(m), str(m - 1))])


# ---- D1 ----

def delivery(b):
    return b.sql("SELECT d.id::text, d.rows, d.bytes FROM metering.delivery AS d WHERE d.state = 'complete' AND d.rows > 0 ORDER BY d.id LIMIT 1")[0]


def delivery_says_more_rows(b):
    name, rows, _ = delivery(b)
    return ["metering.delivery"], [f"UPDATE metering.delivery SET rows = rows + 1 WHERE id = '{name}'"], [told("MET-D1", "delivery", name, "rows", str(rows), str(rows + 1))]


def batch_says_fewer_bytes(b):
    name, _, bytes_ = delivery(b)
    return (["metering.batch"], [f"UPDATE metering.batch SET bytes = bytes - 1 WHERE delivery_id = '{name}' AND no = 1"],
            [told("MET-D1", "delivery", name, "bytes", str(bytes_ - 1), str(bytes_))])


def batch_numbered_wrong(b):
    name = delivery(b)[0]
    no, pool, units = b.sql("SELECT max(no), max(pool_id::text), (array_agg(rows ORDER BY no DESC))[1] FROM metering.batch WHERE delivery_id = %s", name)[0]
    settled = b.one("SELECT settled_at::text FROM metering.batch WHERE delivery_id = %s AND no = %s", name, no)
    return (["metering.batch"], [f"UPDATE metering.batch SET no = no + 1 WHERE delivery_id = '{name}' AND no = {no}"],
            [told("MET-D1", "batch", f"{name}/{no + 1}", "number", str(no), str(no + 1)), *hour_changed(b, settled)])


def batch_on_another_grant(b):
    name = delivery(b)[0]
    pool, grant, no, day, settled = b.sql("SELECT pool_id::text, grant_id::text, no, day::text, settled_at::text FROM metering.batch WHERE delivery_id = %s AND no = 1", name)[0]
    other = b.one("SELECT grant_id::text FROM metering.batch WHERE grant_id <> %s LIMIT 1", grant)
    expected = [told("MET-D1", "batch", f"{name}/1", "grant", grant, other), *hour_changed(b, settled)]
    total = 0
    for contribution, n in b.sql("SELECT c.id::text, v.n FROM metering.batch AS b, unnest(b.contributions, b.counts) AS v (no, n) JOIN licensing.contribution AS c ON c.no = v.no "
                                 "WHERE b.delivery_id = %s AND b.no = 1 AND v.n > 0", name):
        total += n
        for g, change in ((grant, -n), (other, n)):
            stored = b.sql("SELECT units FROM metering.usage_day WHERE grant_id = %s AND day = %s AND meter = 'rows' AND contribution_id = %s", g, day, contribution)
            stored = stored[0][0] if stored else 0
            expected.append(line((None, pool, day, g, contribution), "rows", stored + change, stored))
    for g, rows in ((grant, -total), (other, total)):
        for name_, used, rest in b.sql("SELECT concat_ws(' ', q.grant_id, q.meter, q.period, q.starts_on), q.taken - COALESCE((SELECT sum(units) FROM metering.quota_lease AS l WHERE (l.grant_id, "
                                       "l.period) = (q.grant_id, q.period)), 0)::bigint, COALESCE((SELECT sum(units) FROM metering.query_usage AS x WHERE x.meter = 'rows' AND x.grant_id = "
                                       "q.grant_id), 0)::bigint FROM metering.quota AS q WHERE q.grant_id = %s", g):
            expected.append(told("MET-Q1", "quota", name_, "used", str(used + rows + (rest if rows < 0 else 0)), str(used)))
    return ["metering.batch"], [f"UPDATE metering.batch SET grant_id = '{other}' WHERE delivery_id = '{name}' AND no = 1"], expected


# ---- Q1 ----

def quota(b):
    """The one that a delivery holds 40 of: (name, condition, taken)."""
    return b.sql("SELECT concat_ws(' ', q.grant_id, meter, q.period, starts_on), format('grant_id = %L AND period = %L', q.grant_id, q.period), q.taken FROM metering.quota AS q JOIN "
                 "metering.quota_lease AS l USING (pool_id, grant_id, meter, period, starts_on) WHERE l.units = 40")[0]


def quota_given_back(b):
    name, where, taken = quota(b)
    return ["metering.quota"], [f"UPDATE metering.quota SET taken = taken - 1 WHERE {where}"], [told("MET-Q1", "quota", name, "used", str(taken - 40), str(taken - 41))]


def quota_taken_for_nobody(b):
    """Neither used nor held. Queries had rows too, so it must be more than those."""
    name, where, taken = quota(b)
    more = b.one("SELECT COALESCE(sum(units), 0)::bigint FROM metering.query_usage WHERE meter = 'rows'")
    return (["metering.quota"], [f"UPDATE metering.quota SET taken = taken + 200 WHERE {where}"], [told("MET-Q1", "quota", name, "used", str(taken - 40 + more), str(taken + 160))])


# ---- E1 ----

def event_out_of_quarantine(b):
    """Slipped in among the accepted ones under its key, with its line."""
    e = event(b)
    return (["metering.usage_event", "metering.usage_day"], [
        f"INSERT INTO metering.usage_event SELECT (jsonb_populate_record(e, '{{\"event_key\": \"{QUARANTINED}\", \"units\": 9}}')).* FROM metering.usage_event AS e WHERE event_key = '{e[0]}'",
        f"UPDATE metering.usage_day SET units = units + 9 WHERE meter = 'bytes' AND contribution_id = '{e[4]}'"],
        [told("MET-E1", "event", f"1/{QUARANTINED}", "accepted", "in quarantine: grant_revoked", "9 bytes"), *hour_changed(b, e[6], 1, 9)])


# ---- L1 ----

def hour_edited(b):
    pool, hour, units = b.sql("SELECT pool_id::text, to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24'), units FROM metering.usage_hour ORDER BY hour LIMIT 1")[0]
    name, sha256 = f"{pool} {hour}", b.one("SELECT sha256 FROM metering.usage_hour ORDER BY hour LIMIT 1")
    return (["metering.usage_hour"], [f"UPDATE metering.usage_hour SET units = units + 1 WHERE pool_id = '{pool}' AND to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24') = '{hour}'"],
            [told("MET-L1", "hour", name, "hash", HEX, sha256), told("MET-L1", "hour", name, "leaf", re.compile(rf'.*"units":{units + 1}}}'), re.compile(rf'.*"units":{units}}}')),
             told("MET-L1", "hour", name, "units", str(units), str(units + 1))])


def hour_never_logged(b):
    pool, hour = b.sql("SELECT pool_id::text, to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24') FROM metering.usage_hour ORDER BY hour DESC LIMIT 1")[0]
    return (["metering.usage_hour"], [f"UPDATE metering.usage_hour SET hour = hour - interval '30 days' WHERE pool_id = '{pool}' AND to_char(hour AT TIME ZONE 'UTC', "
                                      f"'YYYY-MM-DD\"T\"HH24') = '{hour}'"], None)


def seal_without_leaf(b):
    pool = b.one("SELECT pool_id::text FROM metering.seal")
    month = LAST.strftime("%Y-%m")
    return (["log.outbox"], [f"DELETE FROM log.outbox WHERE payload ->> 'type' = 'usage' AND payload ->> 'id' LIKE '%:{month}'"], [told("MET-L1", "seal", f"{pool} {month}", "leaves", "1", "0")])


def log_told_of_other_units(b):
    pool, sha256, units = b.sql("SELECT pool_id::text, sha256, units FROM metering.seal")[0]
    month = LAST.strftime("%Y-%m")
    return (["log.outbox"], [f"UPDATE log.outbox SET payload = jsonb_set(payload, '{{body,units}}', '{units + 1}') WHERE payload ->> 'type' = 'usage' AND payload ->> 'id' LIKE '%:{month}'"],
            [told("MET-L1", "seal", f"{pool} {month}", "leaf", re.compile(rf'.*"units":{units}}}'), re.compile(rf'.*"units":{units + 1}}}'))])


FAULTS = [line_changed, line_dropped, units_moved_between_lines, row_of_a_batch_booked_on_another, event_slipped_in, event_taken_back, line_of_an_open_month_put_off, query_put_off,
          closing_moved, batch_never_counted, share_moved_between_contributions, delivery_says_more_rows, batch_says_fewer_bytes, batch_numbered_wrong,
          batch_on_another_grant, quota_given_back, quota_taken_for_nobody, event_out_of_quarantine, hour_edited, seal_without_leaf, log_told_of_other_units]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_a_fault_is_told_and_nothing_else(books, fault):
    FIRED[fault.__name__] = is_told(books, fault)


def test_an_hour_that_was_never_logged(books):
    """Between two that were."""
    tables, statements, _ = hour_never_logged(books)
    pool, hour, sha256 = books.sql("SELECT pool_id::text, to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24'), sha256 FROM metering.usage_hour ORDER BY hour DESC LIMIT 1")[0]
    books.change(tables, *statements)
    code, report = books.audit("--full")
    assert code == 1 and told("MET-L1", "hour", f"{pool} {hour}", "hour", "logged", "not logged") in told_in(report)


def test_a_limit_that_was_passed(books):
    """A constraint forbids it; who takes that away is found out all the same."""
    name, where, taken = quota(books)
    with connected(books.database) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'metering.quota'::regclass AND contype = 'c'")
        for constraint, in cursor.fetchall():
            cursor.execute(f"ALTER TABLE metering.quota DROP CONSTRAINT {constraint}")
        cursor.execute(f"UPDATE metering.quota SET most = taken - 1 WHERE {where}")
    code, report = books.audit("--full")
    assert code == 1 and agree(told_in(report), [redefined("metering.quota"), told("MET-Q1", "quota", name, "limit", f"at most {taken - 1}", str(taken))])


def test_every_check_fired():
    all_fired(FIRED, FAULTS, CHECKS, {"M1"})


def test_an_empty_trust_has_nothing_to_find(stack):
    books = Books(stack.admin, "metering_empty", "template_trust")
    try:
        code, report = books.audit("--full", "--checks", ",".join(sorted(CHECKS)))
        assert (code, told_in(report)) == (0, []), report
    finally:
        books.drop()
