# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deliveries under everything that may happen to them: values of every kind, readers that are slow or leave, consent and grants that end
meanwhile, chains that are resumed more than once; and that what is counted is what left, once (U1, U2, U5, U6, I4, I10)."""
import hashlib
import json
import random
from urllib.parse import quote

import pytest

from delivering import (MEMBERS, TYPES, Reader, at_once, batches_within, bump, children, counted, flipped, load_plain, make_pool, open_transactions, permit,
                        revoke, stalled, tables, uid, wait_settled)
from stack import DEADLINE, SANITIZED, wait_for
from test_metering import World

ROWS = 160000  # in sixteen batches: all columns are more than sockets hold
SEED = 20260704


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(sign_in=False, roles=("metering",), settings={"common": {"processes": 2, "requests_per_client": 512}})
    made = World(trust, stack)
    made.pool("flow")
    load_plain(made, "flow", ROWS)
    yield made
    stack.release(trust)


@pytest.fixture
def grant(world, request):
    """A grant of this test alone; gives its name."""
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    world.grant(name, "flow", cohort=1)
    return name


def body_of(got):
    return got.split()[0]


def numbers(rows):
    return [int(row["pm25"]) for row in rows]


def is_exact(world, name, rows):
    """U1 holds, and the grant's usage is that many rows."""
    world.holds()
    assert counted(world, name) == rows


# ---- values ----

NUMBERS = ["0", "0.0", "-0.004", "0.005", "-0.005", "57.145", "99.995", "1234567.5", "-1234567.5", "5", "-5", "499999.99999", "500000", "NaN", "Infinity", "-Infinity",
           "123456789012345678901234567890.123456789", "-123456789012345678901234567890.5", "0.000000000000000000000000000000123", "1e-300", "9e200",
           "99999999999999999999.9999995", "9999.9999", "10000", "-10000.00000000000000001", "12.3000000000000000", "999999999999999999"]
INTEGERS = [0, 1, -1, 5, -5, 15, 499999, 500000, -500000, 10 ** 18 - 1, 10 ** 18, -10 ** 18, 2 ** 63 - 1, -2 ** 63, 123456789]
TEXTS = ["", " ", "a", "ä€😀xyz", 'quote " and, comma', "line\r\nbreak", "\\N", "NULL", "\u0301combining", "x" * 300, "tab\there", "'; DROP TABLE x; --"]
DATES = ["2000-01-01", "1999-12-31", "2024-02-29", "0001-01-01", "0001-12-31 BC", "4713-01-01 BC", "9999-12-31", "10000-01-01", "infinity", "-infinity", "1900-03-01"]
TIMES = ["2000-01-01 00:00:00Z", "1999-12-31 23:59:59.999999Z", "2024-02-29 12:34:56.5Z", "0044-03-15 11:22:33 BC", "9999-12-31 23:59:59Z", "10000-01-01 00:00:00Z",
         "infinity", "-infinity", "1969-12-31 23:59:59.000001Z", "2026-03-29 02:30:00+02", "2024-12-30 00:00:00Z"]
RULES = {"n": ["keep", "round:2", "round:0", "round:6", "round:-1", "round:-6", "bin:10", "bin:7@3", "bin:1000@-999", "bin:999999999999999999@-5", "round:1"],
         "i": ["keep", "round:2", "round:0", "round:6", "round:-1", "round:-6", "bin:10", "bin:7@3", "bin:1000@-999", "bin:999999999999999999@5", "round:-3"],
         "s": ["keep", "prefix:1", "prefix:3", "prefix:9999"] * 3, "b": ["keep"] * 11,
         "d": ["keep", "trunc:year", "trunc:quarter", "trunc:month", "trunc:week", "trunc:day"] * 2,
         "t": ["keep", "trunc:year", "trunc:quarter", "trunc:month", "trunc:week", "trunc:day", "trunc:hour", "trunc:minute"] * 2}


def reference(name, kind, rule):
    """The rule in SQL, written once more and without looking at core/plan.c."""
    word, _, argument = rule.partition(":")
    column = f'"{name}"'
    if word == "round":
        return f"round({column}::numeric, {argument})"
    if word == "prefix":
        return f"left({column}, {argument})"
    if word == "bin":
        width, _, origin = argument.partition("@")
        whole = f"(floor({column}::numeric) - ({origin or 0}))"
        return f"({whole} - mod(mod({whole}, {width}) + {width}, {width}) + ({origin or 0}))"
    if kind == "datetime":
        instant = f"({column} AT TIME ZONE 'UTC')"
        return f"date_trunc('{argument}', {instant})" if argument else instant
    if kind == "date" and argument:
        return f"date_trunc('{argument}', {column}::timestamp)::date"
    return column


def as_shown(kind, value):
    if value is None:
        return ""
    if kind == "boolean":
        return {"t": "true", "f": "false", "true": "true", "false": "false"}[value]
    if kind == "datetime" and len(value) >= 19 and value[4] == "-" and value[10] == " " and value[-1].isdigit():
        return value[:10] + "T" + value[11:] + "Z"
    return value


@pytest.fixture(scope="module")
def values(world):
    """A pool of awkward and of random values."""
    make_pool(world, "values", TYPES)
    chance, rows = random.Random(SEED), []
    print(f"seed {SEED}")
    lists = [NUMBERS, INTEGERS, TEXTS, ["t", "f"], DATES, TIMES]
    for i in range(max(map(len, lists))):
        rows.append([values[i % len(values)] for values in lists])
    for _ in range(3000):
        number = ("-" if chance.random() < 0.5 else "") + str(chance.randrange(10 ** chance.randrange(1, 25))) + (
            "." + str(chance.randrange(10 ** 12)).zfill(chance.randrange(1, 13)) if chance.random() < 0.8 else "")
        rows.append([number, chance.randrange(-2 ** 63, 2 ** 63) >> chance.randrange(64), "".join(chance.choice("aä€😀\",\n ") for _ in range(chance.randrange(8))),
                     chance.choice("tf"), f"{chance.randrange(1, 9999):04}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
                     f"{chance.randrange(1, 9999):04}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02} {chance.randrange(24)}:{chance.randrange(60)}:"
                     f"{chance.randrange(60)}.{chance.randrange(10 ** 6):06}Z"])
    rows += [[None] * 6] * 2

    def work(c):
        key = world.contribution(c, "values", "v", len(rows))
        c.executemany(f"INSERT INTO {world.tables['values']} (contribution_id, n, i, s, b, d, t) VALUES ('{key}', %s::numeric, %s, %s, %s::boolean, %s::date, %s::timestamptz)", rows)
    world.write(work)
    for k in range(11):
        world.grant(f"values{k}", "values", cohort=1, plan=[{"name": name, "rule": RULES[name][k]} for name, _ in TYPES])
    return world


@pytest.mark.parametrize("k", range(11))
def test_rows_show_what_sql_gives(values, k):
    """Generalised in C, byte for byte as SQL says; NDJSON the same."""
    select = ", ".join(f"({reference(name, kind, RULES[name][k])})::text" for name, kind in TYPES)
    expected = [[as_shown(kind, value) for (_, kind), value in zip(TYPES, row)]
                for row in values.trust.sql(f"SET datestyle = 'ISO'; SET timezone = 'UTC'; SELECT {select} FROM {values.tables['values']} ORDER BY row_id")]
    rows, trailer = values.rows(name=f"values{k}", ref="values").table()
    assert trailer["end"] == "complete" and len(rows) == len(expected)
    for row, want in zip(rows, expected):
        assert [row[name] for name, _ in TYPES] == want
    lines = values.rows(name=f"values{k}", ref="values", headers={"Accept": "application/x-ndjson"}).body.splitlines()[:-1]
    for line, want in zip(lines, expected):
        seen = json.loads(line, parse_float=str, parse_int=str)
        assert [as_shown(kind, {True: "t", False: "f"}.get(seen[name], seen[name])) if kind == "boolean" else seen[name] or "" for name, kind in TYPES] == want


@pytest.mark.parametrize("k", [1, 4, 7])
def test_filters_see_what_the_row_shows(values, k):
    """For each column the rows that show a value are those that eq, in and the two halves of an order find."""
    rows, _ = values.rows(name=f"values{k}", ref="values").table()
    chance = random.Random(k)
    for name, kind in (("n", "number"), ("i", "integer"), ("s", "string"), ("d", "date"), ("t", "datetime")):
        shown = sorted({row[name] for row in rows if row[name] and not any(word in row[name] for word in ("n", "BC", "I")) and len(row[name]) < 30
                        and not row[name].startswith("10000")})
        for value in chance.sample(shown, 4):
            where = [row for row in rows if row[name] == value]
            for query in (f"eq.{value}", 'in.("{0}")'.format(value.replace("\\", "\\\\").replace('"', '\\"'))):
                found = values.rows(f"?{name}={quote(query)}", f"values{k}", "values").table()[0]
                if kind in ("number", "integer"):
                    assert {row["_row"] for row in where} <= {row["_row"] for row in found}
                else:
                    assert found == where, (name, query)
            sides = [len(values.rows(f"?{name}={quote(op + value)}", f"values{k}", "values").table()[0]) for op in ("lt.", "gte.", "lte.", "gt.")]
            assert sides[0] + sides[1] == sides[2] + sides[3] == len(values.rows(f"?{name}=is.not_null", f"values{k}", "values").table()[0])


# ---- batches ----

def test_batches_keep_their_bounds(world):
    """10,000 rows, 1 MiB of body: rows of very different lengths; each batch's hash and the whole one are of the bytes received (U5)."""
    make_pool(world, "wide", [("s", "string")])

    def work(c):
        key = world.contribution(c, "wide", "w", 4000)
        c.execute(f"INSERT INTO {world.tables['wide']} (contribution_id, s) SELECT %s, repeat('x', CASE WHEN i %% 100 = 0 THEN 300000 WHEN i %% 7 = 0 THEN 5000 "
                  "ELSE 10 END) FROM generate_series(1, 4000) AS i", (key,))
        c.execute(f"INSERT INTO {world.tables['wide']} (contribution_id, s) VALUES (%s, repeat('y', 3000000)), (%s, 'end')", (key, key))
    world.write(work)
    world.grant("wide", "wide", cohort=1, plan=[{"name": "s", "rule": "keep"}])
    got = world.rows(name="wide", ref="wide")
    body, trailer = got.split()
    delivery = got.headers["X-Commonhold-Delivery"]
    assert trailer["rows"] == "4002" and hashlib.sha256(body).hexdigest() == trailer["sha256"]
    batches = world.trust.sql("SELECT rows, bytes, encode(body_sha256, 'hex') FROM metering.batch WHERE delivery_id = %s ORDER BY no", delivery)
    assert max(rows for rows, *_ in batches) <= 10000 and [size for rows, size, _ in batches if size > 1 << 20 and rows > 1] == []
    assert [rows for rows, size, _ in batches if size > 1 << 20] == [1]  # a row that is longer than a batch may be goes alone
    for rows, size, digest in batches:
        assert hashlib.sha256(body[:size]).hexdigest() == digest
        body = body[size:]
    assert body == b""
    assert world.trust.sql("SELECT body_sha256 FROM metering.delivery WHERE id = %s", delivery) == [(trailer["sha256"],)]


def test_rows_of_others_are_passed_over(world):
    """One member of many consents: none of the others' rows, and in few statements."""
    world.pool("few")
    load_plain(world, "few", 80000, members=40, owner="1 + i %% {m}")
    permitted = uid("member few7")
    world.write(lambda c: (bump(c, world, "few"), c.execute("UPDATE licensing.consent_current SET permits = false WHERE pool_id = %s AND member_id <> %s",
                                                            (world.pools["few"], permitted))))
    world.grant("few", "few", cohort=1)
    got = world.rows("?select=pm25", "few", "few")
    assert numbers(got.table()[0]) == list(range(7, 80000, 40))
    assert len(world.trust.sql("SELECT no FROM metering.batch WHERE delivery_id = %s", got.headers["X-Commonhold-Delivery"])) <= 6
    is_exact(world, "few", 2000)


def test_gaps_in_the_pool(world):
    """Rows that are gone leave holes of every size."""
    world.pool("gaps")
    load_plain(world, "gaps", 60000)
    world.write(lambda c: c.execute(f"DELETE FROM {world.tables['gaps']} WHERE (row_id / 100) % 3 = 0 OR row_id BETWEEN 20000 AND 45000"))
    world.grant("gaps", "gaps", cohort=1)
    expected = [row[0] for row in world.trust.sql(f"SELECT pm25::int FROM {world.tables['gaps']} ORDER BY row_id")]
    assert numbers(world.rows("?select=pm25", "gaps", "gaps").table()[0]) == expected
    is_exact(world, "gaps", len(expected))


# ---- chains ----

def sent_batches(world, name, delivery):
    return [batch for batch in world.get("/metering/v1/deliveries/" + delivery, name, "flow").json["batches"] if batch["state"] == "sent"]


def test_resuming_twice_counts_once(world, grant):
    """Three deliveries from the same token: a tree, and one count of each row."""
    first = world.rows("?select=pm25&limit=30000", grant, "flow")
    token = sent_batches(world, grant, first.headers["X-Commonhold-Delivery"])[0]["resume"]
    for limit in (25000, 40000, ROWS):
        again = world.rows(f"?select=pm25&limit={limit}&after={token}", grant, "flow")
        rows = numbers(again.table()[0])
        assert rows == list(range(10000, 10000 + len(rows)))
    is_exact(world, grant, ROWS)
    assert world.trust.sql("SELECT sum(b.repeated) FROM metering.batch AS b WHERE b.grant_id = %s", uid("grant " + grant)) == [(20000 + 25000 + 40000,)]


def test_all_of_it_again_counts_once(world, grant):
    """The token in front of the first batch, twice: the rows come whole, and stay counted once; no other delivery has such a token."""
    first = world.rows("?select=pm25&limit=25000", grant, "flow")
    record = world.get("/metering/v1/deliveries/" + first.headers["X-Commonhold-Delivery"], grant, "flow").json
    for _ in range(2):
        again = world.rows("?select=pm25&after=" + record["restart"], grant, "flow")
        assert numbers(again.table()[0]) == list(range(ROWS))
        resumed = world.get("/metering/v1/deliveries/" + again.headers["X-Commonhold-Delivery"], grant, "flow").json
        assert (resumed["restart"], resumed["resumed_from"]) == (None, record["id"])
    assert world.rows("?after=" + record["restart"], grant, "flow").slug == "resume_refused"
    is_exact(world, grant, ROWS)


def test_rows_that_came_later_count_though_they_lie_before(world, grant):
    """A member consents between two deliveries of a chain: those rows were not delivered, so they are counted now."""
    late = uid("member flow1")
    permit(world, "flow", "flow1", False)
    try:
        first = world.rows("?select=pm25", grant, "flow")
        assert len(first.table()[0]) == ROWS - ROWS // MEMBERS
        token = sent_batches(world, grant, first.headers["X-Commonhold-Delivery"])[0]["resume"]
        position = world.trust.sql("SELECT last_row FROM metering.batch WHERE delivery_id = %s AND no = 1", first.headers["X-Commonhold-Delivery"])[0][0]
    finally:
        permit(world, "flow", "flow1", True)
    again = world.rows("?select=pm25&after=" + token, grant, "flow")
    new = world.trust.sql(f"SELECT count(*) FROM {world.tables['flow']} AS t JOIN licensing.contribution AS c ON c.id = t.contribution_id "
                          "WHERE c.member_id = %s AND t.row_id > %s", late, position)[0][0]
    assert again.table()[1]["end"] == "complete"
    is_exact(world, grant, ROWS - ROWS // MEMBERS + new)


def test_one_delivery_of_a_chain_at_a_time(world, grant):
    """Eight clients resume the same chain at once: the earlier ones end, and no row counts twice."""
    first = world.rows("?select=pm25&limit=10000", grant, "flow")
    token = first.split()[1]["resume"]
    results = at_once(8, lambda i: world.rows("?select=pm25&after=" + token, grant, "flow"))
    ends = [got.split()[1]["end"] if got.status == 200 else got.slug for got in results]
    assert "complete" in ends and set(ends) <= {"complete", "not_allowed_here", "unavailable"}
    for got in results:
        rows = numbers(got.table()[0]) if got.status == 200 else []
        assert rows == list(range(10000, 10000 + len(rows)))
    world.holds()
    assert counted(world, grant) <= ROWS
    rest = world.rows("?select=pm25&after=" + token, grant, "flow")
    assert rest.table()[1]["end"] == "complete"
    is_exact(world, grant, ROWS)


def test_resume_tokens_open_nothing_else(world, grant):
    """I4: a token gives no other grant, question or pool, nothing after revocation, and no row of a member who left."""
    first = world.rows("?limit=20000&select=pm25", grant, "flow")
    token = first.split()[1]["resume"]
    other = grant + "other"
    world.grant(other, "flow", cohort=1)
    for query, name in ((f"?select=pm25&after={token}", other), (f"?select=pm10&after={token}", grant), (f"?after={token}", grant),
                        (f"?select=pm25&pm10=gt.1&after={token}", grant), (f"?select=pm25&after={flipped(token, 5)}", grant),
                        (f"?select=pm25&after={flipped(token, 40)}", grant), (f"?select=pm25&after={flipped(token, 80)}", grant),
                        (f"?select=pm25&after={token}A", grant), (f"?select=pm25&after={token[:-2]}", grant)):
        refused = world.rows(query, name, "flow")
        assert refused.slug == "resume_refused" and refused.status == 422
    assert world.rows(f"?select=device&after={token}", grant, "flow").slug == "column_not_granted"
    assert world.rows(f"?select=pm25&device=eq.d1&after={token}", grant, "flow").slug == "column_not_granted"
    assert world.get(f"/metering/v1/pools/values/rows?select=pm25&after={token}", grant, "flow").slug == "forbidden"
    permit(world, "flow", "flow6", False)
    try:
        rows = numbers(world.rows(f"?select=pm25&after={token}", grant, "flow").table()[0])
    finally:
        permit(world, "flow", "flow6", True)
    each = ROWS // MEMBERS
    assert rows == [n for n in range(20000, ROWS) if n // each != 6]
    revoke(world, grant, "flow")
    assert world.rows(f"?select=pm25&after={token}", grant, "flow").slug == "grant_not_active"
    is_exact(world, grant, ROWS - each)


# ---- clients that leave ----

@pytest.mark.parametrize("where", ["before the answer", "behind the head", "in the first batch", "behind the first batch", "in the second batch",
                                   "in the last batch", "behind the last batch"])
def test_client_that_leaves(world, grant, where):
    """What counts is at most what came; resumed behind the last whole batch, all rows come once and count once."""
    sizes = [size for (size,) in world.trust.sql("SELECT bytes FROM metering.batch WHERE delivery_id = %s ORDER BY no",
                                                 world.rows("", grant, "flow").headers["X-Commonhold-Delivery"])]
    mine = grant + "mine"
    world.grant(mine, "flow", cohort=1)
    reader = Reader(world, mine, "flow", "")
    if where == "before the answer":
        reader.close()
        wait_for("the request to be over", lambda: open_transactions(world) == 0, DEADLINE)
        world.holds()
        assert counted(world, mine) == 0
        return
    head = reader.head().raw.index(b"\r\n\r\n") + 4
    whole = head + sum(sizes) + 12 * len(sizes)  # with the lengths of chunks
    at = {"behind the head": head, "in the first batch": head + sizes[0] // 2, "behind the first batch": head + sizes[0] + 8,
          "in the second batch": head + sizes[0] + sizes[1] // 2, "in the last batch": whole - sizes[-1] // 2, "behind the last batch": whole - 20}[where]
    reader.read(at).close()
    delivery = reader.delivery
    states = wait_settled(world, delivery)
    received = len(reader.body)
    assert set(states) <= {"sent", "unsent"}
    most, _ = batches_within(world, delivery, received + (1 << 17))  # what lay in this machine's own receive buffer has arrived, too
    _, number = batches_within(world, delivery, received)
    assert states.get("sent", 0) <= most
    is_exact(world, mine, states.get("sent", 0))
    tokens = [batch["resume"] for batch in world.get("/metering/v1/deliveries/" + delivery, mine, "flow").json["batches"]] if number else []
    while number and tokens[number - 1] is None:  # it came, but the line broke before its last acknowledgement: it is not counted, so it is read again
        number -= 1
    rows, size = world.trust.sql("SELECT coalesce(sum(rows), 0)::int, coalesce(sum(bytes), 0)::int FROM metering.batch WHERE delivery_id = %s AND no <= %s",
                                 delivery, number)[0]
    rest = world.rows(f"?after={tokens[number - 1]}" if number else "", mine, "flow")
    assert numbers(tables(reader.body[:size]) if number else []) + numbers(rest.table()[0]) == list(range(ROWS))
    world.holds()
    again = 0 if number else states.get("sent", 0)  # from the beginning is another chain
    assert ROWS - rows <= counted(world, mine) <= ROWS + again


@pytest.mark.parametrize("what", ["withdrawal", "revocation", "suspension", "quota"])
@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_what_ends_a_delivery(world, grant, what, when):
    """Before the first batch nothing leaves; during, nothing of what begins later; after, all has left and counts."""
    name, each = grant, ROWS // MEMBERS
    if what == "quota":
        name = grant + "quota"
        world.grant(name, "flow", cohort=1, quotas=[{"meter": "rows", "period": "grant", "limit": {"before": 1, "during": 25000, "after": ROWS}[when]}])

    def end():
        if what == "withdrawal":
            permit(world, "flow", "flow7", False)
        elif what != "quota":
            revoke(world, name, "flow", {"revocation": "revoked", "suspension": "suspended"}[what])
    try:
        if when == "before":
            end()
        reader = Reader(world, name, "flow", "", token=world.token(name, "flow"))
        if when == "during":
            batches = stalled(world, reader.delivery)
            assert batches < 16 and open_transactions(world) == 0
            end()
        got = reader.rest().got()
        if when == "after":
            end()
        if when == "before" and what in ("revocation", "suspension"):
            assert (got.status, counted(world, name)) == (403, 0)
            return
        rows, trailer = got.table()
        rows = numbers(rows)
        if what == "withdrawal":
            assert rows == list(range(ROWS if when == "after" else ROWS - each)) and trailer["end"] == "complete"
        elif what == "quota":
            assert len(rows) == {"before": 1, "during": 25000, "after": ROWS}[when]
            # where the last row takes the last unit, either is true
            assert trailer["end"] in (("complete", "quota_reached") if when == "after" else ("quota_reached",))
            assert json.loads(trailer["quotas"])[0]["left"] == 0 and world.rows("", name, "flow").status == 429
        elif when == "during":
            assert trailer["end"] == "grant_not_active" and len(rows) == 10000 * batches and "resume" in trailer
        else:
            assert rows == list(range(ROWS)) and trailer["end"] == "complete"
        wait_settled(world, reader.delivery)
        is_exact(world, name, len(rows))
    finally:
        if what == "withdrawal":
            permit(world, "flow", "flow7", True)


def test_slow_and_fast_readers_at_once(world):
    """64 that stall and 64 that read: the fast ones end whole, no transaction waits for the slow (U6), none of them costs more than two batches."""
    world.grant("crowd", "flow", cohort=1)

    def resident():
        pids = children(world.trust.daemon.process.pid)
        return sum(int(line.split()[1]) for pid in pids for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))
    before = resident()
    slow = at_once(64, lambda i: Reader(world, "crowd", "flow", "").head())
    fast = at_once(64, lambda i: world.rows("?limit=20000", "crowd", "flow"))
    assert [len(got.table()[0]) for got in fast] == [20000] * 64
    wait_for("the slow ones to stand still", lambda: open_transactions(world) == 0 and world.trust.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ch_metering' AND datname = current_database() AND state = 'active'") == [(0,)], DEADLINE)
    assert SANITIZED or resident() - before < 64 * 2 * 1024 + 64 * 1024  # freed memory stays with the sanitizer
    pool, ids = world.pools["flow"], [reader.delivery for reader in slow]
    assert world.trust.sql("SELECT count(*) FROM metering.delivery WHERE pool_id = %s AND id = ANY(%s::uuid[]) AND state = 'open'", pool, ids) == [(64,)]
    for reader in slow:
        reader.close()
    counts = [wait_settled(world, delivery).get("sent", 0) for delivery in ids]
    assert max(counts) < ROWS
    is_exact(world, "crowd", 64 * 20000 + sum(counts))


def test_too_slow_a_reader_is_let_go(stack):
    """Under a byte rate for a while: ended, not counted beyond what arrived, and resumable. Seconds instead of a minute, by configuration."""
    trust = stack.trust(sign_in=False, roles=("metering",), settings={"common": {"stream_seconds": 2}})
    try:
        world = World(trust, stack)
        world.pool("flow")
        load_plain(world, "flow", ROWS)
        world.grant("slow", "flow", cohort=1)
        reader = Reader(world, "slow", "flow", "")
        delivery = reader.delivery
        states = wait_settled(world, delivery)
        assert world.trust.sql("SELECT state FROM metering.delivery WHERE id = %s", delivery) == [("gone",)] and states.get("unsent", 0) > 0
        assert "client reads too slowly" in trust.log_text()
        is_exact(world, "slow", states.get("sent", 0))
        reader.rest()
        rows, number = batches_within(world, delivery, len(reader.body))
        after = ""
        if number:
            after = "?after=" + world.get("/metering/v1/deliveries/" + delivery, "slow", "flow").json["batches"][number - 1]["resume"]
        rest = world.rows("" + after, "slow", "flow")
        assert numbers(rest.table()[0]) == list(range(rows, ROWS))
    finally:
        stack.release(trust)


# ---- cohorts ----

@pytest.fixture(scope="module")
def narrow(world):
    """20,000 rows in turn of eight members, all with pm10 = 7; far behind them, so that no batch reaches from here to there, as many again,
    with pm10 = 7 in a few of one member."""
    world.pool("narrow")
    keys = load_plain(world, "narrow", 20000, owner="1 + i %% {m}")

    def work(c):
        c.execute(f"UPDATE {world.tables['narrow']} SET pm10 = 7")
        c.execute(f"INSERT INTO {world.tables['narrow']} (row_id, contribution_id, lat, lon, pm10, pm25) SELECT 1000000000000 + i, (%s::uuid[])[1 + i %% 8], 57, -2, "
                  "CASE WHEN i %% 400 = 3 THEN 7 ELSE 0 END, 20000 + i FROM generate_series(0, 19999) AS i", (keys,))
    world.write(work)
    world.grant("narrow", "narrow", cohort=5)
    world.grant("broad", "narrow", cohort=9)
    return world


def test_a_filter_that_narrows_later_keeps_the_rest_here(narrow):
    """The first batches are of eight members, what is left of one: it stays, the trailer says why, and no token opens it."""
    got = narrow.rows("?select=pm25&pm10=eq.7", "narrow", "narrow")
    rows, trailer = got.table()
    assert trailer["end"] == "cohort_too_small" and numbers(rows) == list(range(20000))
    detail = narrow.get("/metering/v1/deliveries/" + got.headers["X-Commonhold-Delivery"], "narrow", "narrow").json
    assert (detail["state"], detail["reason"]) == ("ended", "cohort_too_small")


def test_no_token_opens_what_was_kept(narrow):
    """From a position behind which the filters leave one member alone, whole or a row at a time."""
    token = narrow.rows("?select=pm25&pm10=eq.7&limit=20000", "narrow", "narrow").split()[1]["resume"]
    for limit in ("", "&limit=1", "&limit=100"):
        refused = narrow.rows(f"?select=pm25&pm10=eq.7&after={token}{limit}", "narrow", "narrow")
        assert (refused.status, refused.slug) == (403, "cohort_too_small")


def test_what_no_filter_narrows_goes(narrow):
    """Unfiltered, the last rows are of few members, too, and go."""
    token = narrow.rows("?select=pm25&limit=39998", "narrow", "narrow").split()[1]["resume"]
    assert numbers(narrow.rows(f"?select=pm25&after={token}", "narrow", "narrow").table()[0]) == [39998, 39999]
    token = narrow.rows("?select=pm25&pm25=gte.0&limit=39998", "narrow", "narrow").split()[1]["resume"]
    assert numbers(narrow.rows(f"?select=pm25&pm25=gte.0&after={token}", "narrow", "narrow").table()[0]) == [39998, 39999]


def test_too_few_from_the_beginning(narrow):
    for query in ("", "&pm10=eq.7", "&pm10=eq.8", "&pm25=in.()"):
        refused = narrow.rows("?select=pm25" + query, "broad", "narrow")
        assert (refused.status, refused.slug) == (403, "cohort_too_small")
    assert narrow.rows("?select=pm25&pm25=lt.4", "narrow", "narrow").slug == "cohort_too_small"
    assert len(narrow.rows("?select=pm25&pm25=lt.5", "narrow", "narrow").table()[0]) == 5
    assert narrow.trust.sql("SELECT count(*) FROM metering.delivery WHERE grant_id = %s", uid("grant broad")) == [(0,)]


# ---- the record ----

def test_the_record_of_a_delivery(world, grant):
    """While it runs it says what has arrived; afterwards what the trailer said, with the charge class and the quota."""
    reader = Reader(world, grant, "flow")
    stalled(world, reader.delivery)
    running = world.get("/metering/v1/deliveries/" + reader.delivery, grant, "flow").json
    assert (running["state"], running["body_sha256"], running["receipt"]) == ("open", None, None) and 0 <= running["rows"] < ROWS and running["rows"] % 10000 == 0
    assert {batch["state"] for batch in running["batches"]} <= {"committed", "sent"}
    body, trailer = reader.rest().got().split()
    wait_settled(world, reader.delivery)
    record = world.get("/metering/v1/deliveries/" + reader.delivery, grant, "flow").json
    assert record["state"] == "complete" and str(record["rows"]) == trailer["rows"] and str(record["bytes"]) == trailer["bytes"]
    assert record["body_sha256"] == trailer["sha256"] == hashlib.sha256(body).hexdigest() and record["resume"]
    assert record["quotas"] == json.loads(trailer["quotas"]) and record["expected_charge"] == json.loads(trailer["expected_charge"])
    assert record["counted_rows"] == ROWS and record["terms_sha256"] == "1" * 64


def test_lost_deliveries_are_settled(world, grant):
    """One whose process died when all it had sent was known of ends as lost."""
    got = world.rows("?select=pm25&limit=1", grant, "flow")
    world.write(lambda c: c.execute("UPDATE metering.delivery SET state = 'open', ended_at = NULL, body_sha256 = NULL, rows = NULL, bytes = NULL, opened_at = "
                                    "opened_at - interval '3 hours' WHERE id = %s", (got.headers["X-Commonhold-Delivery"],)))
    world.trust.sql("SET session_replication_role = replica; ALTER TABLE metering.batch DISABLE TRIGGER USER; UPDATE metering.batch SET committed_at = committed_at "
                    f"- interval '2 hours' WHERE delivery_id = '{got.headers['X-Commonhold-Delivery']}'; ALTER TABLE metering.batch ENABLE TRIGGER USER")
    world.trust.sql("SELECT metering.settle_batches()")
    record = world.get("/metering/v1/deliveries/" + got.headers["X-Commonhold-Delivery"], grant, "flow").json
    assert (record["state"], record["rows"], record["counted_rows"]) == ("lost", 1, 1)


@pytest.mark.parametrize("accept,slug", [("text/csv;q=0", "not_acceptable"), ("application/json", "not_acceptable"), ("text/csvx", "not_acceptable"),
                                         ("application/x-ndjson;q=0.5, text/csv;q=0.4", None), ("*/*;q=0.1", None)])
def test_accept(world, grant, accept, slug):
    got = world.rows("?select=pm25&limit=1", grant, "flow", headers={"Accept": accept})
    if slug:
        assert (got.status, got.slug) == (406, slug)
    else:
        assert got.headers["Content-Type"].startswith("application/x-ndjson" if "ndjson" in accept else "text/csv")
