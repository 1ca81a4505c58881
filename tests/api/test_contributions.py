# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contributions from announcement to verdict: every format and reason, hostile files, versions, withdrawal, and that a row lies in a pool only
with an accepted contribution."""
import contextlib
import datetime
import hashlib
import json
import os
import random
import time

import psycopg2
import pytest

from pooling import SCHEMA, announce, contribute, decided, open_pool, rows_of, table_of
from stack import eventually, together
from trust import LIC

#: Rounds of races: what fits half a minute; 1000 by hand.
ROUNDS = int(os.environ.get("CH_ROUNDS", "40"))
SEED = 20261123


@pytest.fixture(scope="module")
def air(trust):
    return open_pool(trust, "air2")


@pytest.fixture(scope="module")
def keyed(trust):
    schema = json.loads(json.dumps(SCHEMA))
    schema["primaryKey"] = ["device", "at"]
    return open_pool(trust, "keyed", schema)


def at(n):
    return (datetime.datetime(2026, 5, 4) + datetime.timedelta(minutes=n)).isoformat()


# ---- announcing ----

PROVENANCE = {"source": "device", "software": "SDS011", "period": {"from": "2026-05-04", "until": "2026-05-05"}, "method": "m", "processing": "none"}
ANNOUNCED = [
    ({"format": "xml"}, "/format"), ({"dialect": {"delimiter": "x"}}, "/dialect/delimiter"), ({"dialect": {"delimiter": ""}}, "/dialect/delimiter"),
    ({"dialect": {"header_map": {"a": "colour"}}}, "/dialect/header_map/a"), ({"dialect": {"header_map": {"a": "at", "b": "at"}}}, "/dialect/header_map/b"),
    ({"dialect": {"header_map": {"a": "at"}, "ignore": ["a"]}}, "/dialect/ignore/0"), ({"dialect": {"quote": "'"}}, "/dialect/quote"),
    ({"provenance": {**PROVENANCE, "source": "device export"}}, "/provenance/source"), ({"provenance": {**PROVENANCE, "colour": "x"}}, "/provenance/colour"),
    ({"provenance": {**PROVENANCE, "method": ""}}, "/provenance/method"), ({"provenance": {k: v for k, v in PROVENANCE.items() if k != "software"}}, "/provenance/software"),
    ({"provenance": {**PROVENANCE, "period": {"from": "2026-05-05", "until": "2026-05-04"}}}, "/provenance/period"),
    ({"provenance": {**PROVENANCE, "period": {"from": "yesterday", "until": "today"}}}, "/provenance/period"),
    ({"licence": {"kind": "stolen", "charter_version": 1}}, "/licence/kind"), ({"licence": {"kind": "own_data"}}, "/licence/charter_version"),
    ({"licence": {"kind": "open_licence", "charter_version": 1, "spdx": "CC0-1.0"}}, "/licence/attribution"),
    ({"licence": {"kind": "open_licence", "charter_version": 1, "attribution": "me"}}, "/licence/spdx"),
    ({"sha256": "z" * 64}, "/sha256"), ({"replaces": "01890000-0000-7000-8000-000000000000"}, "/replaces")]


@pytest.mark.parametrize("change, pointer", ANNOUNCED, ids=[f"{i} {p}" for i, (_, p) in enumerate(ANNOUNCED)])
def test_what_is_announced_is_checked(trust, air, change, pointer):
    answer = announce(trust, "ada", "air2", **change)
    assert answer.status == 422 and pointer in [e["pointer"] for e in answer["errors"]], answer.raw


def test_who_announces_what(trust, air):
    assert announce(trust, "ada", "nowhere").status == 404
    assert announce(trust, "ada", "air2", charter_version=7).outcome == "stale"
    first = announce(trust, "ada", "air2", licence={"kind": "open_licence", "charter_version": 1, "spdx": "CC0-1.0", "attribution": "The city"})
    assert first.status == 201 and first["state"] == "awaiting_upload", first.raw
    by_id = announce(trust, "ada", trust.public.get(f"{LIC}/pools/air2")["id"])
    assert by_id.status == 201 and by_id["pool"] == "air2" and by_id["version"] == first["version"] + 1
    assert trust.public.send("POST", f"{LIC}/contributions", {}).status == 401
    for path in (first["id"], first["id"] + "/errors"):
        assert trust["ben"].send("GET", f"{LIC}/contributions/{path}").status == 404
    assert trust["ben"].send("POST", f"{LIC}/contributions/{first['id']}/withdraw").status == 404


# ---- formats ----

GOOD = [
    (b"device,at,pm10,note\nd,2026-05-04T00:00:00,1.50,x\n", {}),
    (b"\xef\xbb\xbfdevice,at\r\nd,2026-05-04T00:00:00\r\n", {}),
    (b"device;at;pm10\nd;2026-05-04T02:00+02:00;1\n", {"dialect": {"delimiter": ";"}}),
    (b"device\tat\nd\t2026-05-04 00:00\n", {"dialect": {"delimiter": "\t"}}),
    (b"at|device\n2026-05-04T00:00:00Z|d\n", {"dialect": {"delimiter": "|"}}),
    (b"wer,wann,was\nd,2026-05-04T00:00:00,?\n", {"dialect": {"header_map": {"wer": "device", "wann": "at"}, "ignore": ["was"]}}),
    (b'"wer ""genau""",at\nd,2026-05-04T00:00:00\n', {"dialect": {"header_map": {'wer "genau"': "device"}}}),
    (b'{"device":"d","at":"2026-05-04T00:00:00Z","pm10":1.5}\r\n', {"format": "ndjson"}),
    (b'{"at":"2026-05-04T00:00:00Z","device":"d","x":null}', {"format": "ndjson", "dialect": {"ignore": ["x"]}}),
]


@pytest.mark.parametrize("file, more", GOOD, ids=range(len(GOOD)))
def test_formats_that_are_read(trust, air, file, more):
    row, errors = contribute(trust, "ada", "air2", file, **more)
    assert row["state"] == "accepted" and row["rows"] == 1, (row, errors)
    assert (row["sha256"], row["size"]) == (hashlib.sha256(file).hexdigest(), len(file))
    stored = rows_of(trust, "air2", row["id"])
    assert len(stored) == 1 and stored[0][3] == "d" and stored[0][4] == datetime.datetime(2026, 5, 4, tzinfo=datetime.timezone.utc)


def line(text, number=1):
    return b"device,at,pm10\n" + b"d,2026-05-04T00:00:00,1\n" * (number - 1) + text + b"\n"


BAD = [
    (line(b"d,2026-05-04T00:00:00,1,2"), (2, 1, "", "field_count", "d")), (line(b"d,2026-05-04T00:00:00"), (2, 1, "", "field_count", "d")),
    (line(b",2026-05-04T00:00:00,1"), (2, 1, "device", "missing", "")), (line(b"d,tomorrow,1"), (2, 1, "at", "type", "tomorrow")),
    (line(b"d,2026-02-30T00:00:00,1"), (2, 1, "at", "type", "2026-02-30T00:00:00")), (line(b"d,2026-05-04T00:00:00,-1"), (2, 1, "pm10", "range", "-1")),
    (line(b"d,2026-05-04T00:00:00,1999.91"), (2, 1, "pm10", "range", "1999.91")), (line(b"d,2026-05-04T00:00:00,0x1p4"), (2, 1, "pm10", "type", "0x1p4")),
    (line(b"d,2026-05-04T00:00:00,NaN"), (2, 1, "pm10", "type", "NaN")), (line(b"d" * 41 + b",2026-05-04T00:00:00,1"), (2, 1, "device", "length", "d" * 40)),
    (line(b"\xff,2026-05-04T00:00:00,1"), (2, 1, "device", "utf8", "?")), (line(b"d\0e,2026-05-04T00:00:00,1"), (2, 1, "device", "utf8", "d?e")),
    (line(b"d,2026-05-04T00:00:00,1", 2) + b"d\re,2026-05-04T00:00:00,1\n", (4, 3, "", "quote", "d?e")),
    (line(b'd"e,2026-05-04T00:00:00,1'), (2, 1, "", "quote", 'd"e')), (line(b'"d"e,2026-05-04T00:00:00,1'), (2, 1, "", "quote", "de")),
    (b'device,at\n"d,2026-05-04T00:00:00', (2, 1, "", "quote", "d,2026-05-04T00:00:00?"[:21])), (line(b"d,0001-01-01T00:00:00+05:00,1"), (2, 1, "at", "range", "0001-01-01T00:00:00+05:00")),
    (line(b"d,9999-12-31T23:59:00-05:00,1"), (2, 1, "at", "range", "9999-12-31T23:59:00-05:00")),
    (b"device,at,colour\nd,2026-05-04T00:00:00,1\n", (1, 0, "colour", "field_count", "colour")), (b"device,at,at\nd,x,y\n", (1, 0, "at", "duplicate", "at")),
    (b"device\nd\n", (1, 0, "at", "missing", "")), (b"\xef\xbb\xbf", (1, 0, "", "field_count", "")), (b"\n", (1, 0, "", "field_count", "")),
    (b'device,"at\nd,2026', (1, 0, "", "quote", "")), (b'"; DROP TABLE x; --",at,device\n1,2026-05-04T00:00:00,d\n', (1, 0, "; DROP TABLE x; --", "field_count", "; DROP TABLE x; --")),
]
BAD_JSON = [
    (b'{"device":"d","at":"2026-05-04T00:00:00Z","device":"e"}\n', (1, 1, "device", "json", "device")), (b"[1]\n", (1, 1, "", "json", "[1]")),
    (b'{"device":"d","at":"2026-05-04T00:00:00Z","pm10":' + b"[" * 100000 + b"]" * 100000 + b"}\n", None),
    (b'{"device":"d","at":"2026-05-04T00:00:00Z","note":' + b'{"a":' * 50000 + b"1" + b"}" * 50001 + b"\n", None),
    (b'{"device":"d"}\n', (1, 1, "at", "missing", "")), (b'{"device":5,"at":"2026-05-04T00:00:00Z"}\n', (1, 1, "device", "type", "5")),
    (b'{"device":"d","at":"2026-05-04T00:00:00Z","colour":1}\n', (1, 1, "colour", "field_count", "colour")), (b'{"device":"d","at":"\\ud800"}\n', None),
    (b'{"device":"' + b"d" * (1 << 20) + b'"}\n', (1, 1, "", "length", "")), (b'{"device":"\\u0000","at":"2026-05-04T00:00:00Z"}\n', None),
    (b'\n{"device":"d","at":"2026-05-04T00:00:00Z"}\n', (1, 1, "", "json", "")), (b'{"device":"d","at":"2026-05-04T00:00:00Z","pm10":01}\n', None),
    (b'{"device":"\xff","at":"2026-05-04T00:00:00Z"}\n', None), (b'{"device":"d","at":"2026-05-04T00:00:00Z"} {}\n', None)]


@pytest.mark.parametrize("file, error", BAD, ids=range(len(BAD)))
def test_csv_that_is_refused_and_why(trust, air, file, error):
    row, errors = contribute(trust, "ada", "air2", file)
    assert row["state"] == "rejected" and row["reason"] == ("bad_header" if error[0] == 1 else "bad_rows") and errors[0] == error, (row, errors)
    assert rows_of(trust, "air2", row["id"]) == []


@pytest.mark.parametrize("file, error", BAD_JSON, ids=range(len(BAD_JSON)))
def test_ndjson_that_is_refused_and_why(trust, air, file, error):
    row, errors = contribute(trust, "ada", "air2", file, format="ndjson")
    assert row["state"] == "rejected" and row["bad_rows"] == 1 and len(errors) == 1, (row, errors)
    assert errors[0] == error if error else errors[0][3] in ("json", "utf8") and len(errors[0][4]) <= 40, errors
    assert rows_of(trust, "air2", row["id"]) == []


def test_a_time_without_zone_needs_one(trust):
    schema = {"fields": [{"name": "at", "type": "datetime", "ch:sensitivity": "none"}]}
    open_pool(trust, "zoned", schema, quality=[{"check": "completeness", "column": "at", "weight": 1000000}])
    assert contribute(trust, "ada", "zoned", b"at\n2026-05-04T00:00:00\n")[1] == [(2, 1, "at", "timezone", "2026-05-04T00:00:00")]
    assert contribute(trust, "ada", "zoned", b"at\n2026-05-04T00:00:00Z\n")[0]["state"] == "accepted"


def test_types_and_their_dialects_arrive_exactly(trust):
    field = lambda name, kind, **more: {"name": name, "type": kind, "ch:sensitivity": "none", **more}
    schema = {"missingValues": ["", "-"], "fields": [
        field("i", "integer"), field("n", "number", decimalChar=",", groupChar="."), field("b", "boolean", trueValues=["ja"], falseValues=["nein"]),
        field("d", "date"), field("t", "datetime", **{"ch:timezone": "+05:30"}), field("s", "string"), field("x", "number")]}
    open_pool(trust, "typed", schema, quality=[{"check": "completeness", "column": "i", "weight": 1000000}])
    file = ('i;n;b;d;t;s;x\n-9223372036854775808;"-1.234.567,8900";ja;0001-01-01;2026-05-04T00:00:00.123456;"a;""b""\nc\\\t\r\nä😀";12345678901234567890.00012345678901234567890\n'
            '+007;0,5;nein;9999-12-31;2026-05-04T00:00Z;=cmd|x;1e30\n9223372036854775807;1;-;-;-;-;-0.00\n0;-0;-;2000-01-01;1969-12-31T23:59:59.999999Z;x;1e-20\n'
            '1;2;-;-;-;\\N;10000\n1;2;-;-;-;x;99990000.0001\n').encode()
    row, errors = contribute(trust, "ada", "typed", file, dialect={"delimiter": ";"})
    assert row["state"] == "accepted", (row, errors)
    found = trust.sql(f"SELECT i::text, n::text, b::text, d::text, t AT TIME ZONE 'UTC', s, x::text FROM {table_of(trust, 'typed')} ORDER BY row_id")
    assert found == [
        ("-9223372036854775808", "-1234567.8900", "true", "0001-01-01", datetime.datetime(2026, 5, 3, 18, 30, 0, 123456), 'a;"b"\nc\\\t\r\nä😀',
         "12345678901234567890.00012345678901234567890"),
        ("7", "0.5", "false", "9999-12-31", datetime.datetime(2026, 5, 4), "=cmd|x", "1000000000000000000000000000000"),
        ("9223372036854775807", "1", None, None, None, None, "0.00"),
        ("0", "0", None, "2000-01-01", datetime.datetime(1969, 12, 31, 23, 59, 59, 999999), "x", "0.00000000000000000001"),
        ("1", "2", None, None, None, "\\N", "10000"), ("1", "2", None, None, None, "x", "99990000.0001")]


def test_formulas_stay_text_and_a_huge_field_is_one_error(trust, air):
    row, _ = contribute(trust, "ada", "air2", b"device,at,note\nd,2026-05-04T00:00:00,=HYPERLINK(\"x\")\n".replace(b'"', b""))
    assert rows_of(trust, "air2", row["id"])[0][6] == "=HYPERLINK(x)"
    row, errors = contribute(trust, "ada", "air2", b'device,at,note\nd,2026-05-04T00:00:00,"' + b"x" * (10 << 20) + b'"\ne,2026-05-04T00:00:00,y\n')
    assert row["bad_rows"] == 1 and errors == [(2, 1, "note", "length", "x" * 40)]
    row, errors = contribute(trust, "ada", "air2", b"device,at,note\nd,2026-05-04T00:00:00," + "ä".encode() * 4097 + b"\n")
    assert errors[0][3] == "length"
    assert contribute(trust, "ada", "air2", b"device,at,note\nd,2026-05-04T00:00:00," + "ä".encode() * 4096 + b"\n")[0]["state"] == "accepted"


# ---- counting errors ----

def test_a_hundred_errors_are_shown_and_all_are_counted(trust, air):
    file = b"device,at,pm10\n" + b"".join(b"d,%s,%s\n" % (at(n).encode(), b"x" if n % 2 else b"1") for n in range(600))
    row, errors = contribute(trust, "ada", "air2", file)
    assert (row["state"], row["reason"], row["bad_rows"], row["rows"]) == ("rejected", "bad_rows", 300, None) and len(errors) == 100
    assert errors[99] == (201, 200, "pm10", "type", "x") and rows_of(trust, "air2", row["id"]) == []


@pytest.mark.parametrize("bad, state", [(20, "accepted"), (21, "rejected")])
def test_a_fifth_of_the_rows_may_be_bad_where_that_is_accepted(trust, air, bad, state):
    file = b"device,at,pm10\n" + b"".join(b"d,%s,%s\n" % (at(n).encode(), b"x" if n < bad else b"1") for n in range(100))
    row, errors = contribute(trust, "ada", "air2", file, accept_partial=True)
    assert (row["state"], row["bad_rows"], len(errors)) == (state, bad, bad)
    assert len(rows_of(trust, "air2", row["id"])) == (100 - bad if state == "accepted" else 0)
    assert contribute(trust, "ada", "air2", file)[0]["state"] == "rejected"


def test_a_key_holds_within_a_contribution_and_not_across(trust, keyed):
    file = line(b"d,2026-05-04T00:00:00.0,1", 2)
    row, errors = contribute(trust, "ada", "keyed", file)
    assert errors == [(3, 2, "device", "duplicate", "d")]
    row, errors = contribute(trust, "ada", "keyed", file + line(b"e,2026-05-04T00:00:00,1")[15:] * 1 + b"".join(b"f,%s,1\n" % at(n).encode() for n in range(5)),
                             accept_partial=True)
    assert row["state"] == "accepted" and row["rows"] == 7 and row["bad_rows"] == 1
    assert contribute(trust, "ada", "keyed", line(b"d,2026-05-04T00:00:00,1"))[0]["state"] == "accepted"


def test_empty_and_other_files_are_named(trust, air):
    assert contribute(trust, "ada", "air2", b"")[0]["reason"] == "empty_file"
    file = line(b"d,2026-05-04T00:00:00,1")
    assert contribute(trust, "ada", "air2", file, sha256="0" * 64)[0]["reason"] == "hash_mismatch"  # announced; the upload's own is right
    assert contribute(trust, "ada", "air2", file, sha256=hashlib.sha256(file).hexdigest())[0]["state"] == "accepted"
    assert contribute(trust, "ada", "air2", b"device,at\n")[0]["rows"] == 0


# ---- versions and withdrawal ----

def test_what_replaces_supersedes_in_the_same_moment(trust, air):
    file = line(b"d,2026-05-04T00:00:00,1")
    first, _ = contribute(trust, "ben", "air2", file)
    assert announce(trust, "ada", "air2", replaces=first["id"]).status == 422  # another's
    bad, _ = contribute(trust, "ben", "air2", b"device\n", replaces=first["id"])
    assert bad["state"] == "rejected" and trust.contribution("ben", first["id"])["state"] == "accepted"
    rivals = [announce(trust, "ben", "air2", replaces=first["id"])["id"] for _ in range(2)]
    second, _ = contribute(trust, "ben", "air2", file, replaces=first["id"])
    old = trust.contribution("ben", first["id"])
    assert second["state"] == "accepted" and old["state"] == "superseded" and old["ended_at"] >= second["decided_at"][:10]
    trust["ben"].upload(rivals[0], file, "a.csv")
    late = decided(trust, "ben", rivals[0])
    assert (late["state"], late["reason"]) == ("rejected", "replaced_already") and rows_of(trust, "air2", rivals[0]) == []
    assert announce(trust, "ben", "air2", replaces=first["id"]).status == 422  # superseded


def test_withdrawal_ends_use_and_rows_go(trust, air):
    row, _ = contribute(trust, "cem", "air2", line(b"d,2026-05-04T00:00:00,1"))
    epoch = "SELECT epoch FROM licensing.consent_epoch JOIN licensing.pool USING (pool_id) WHERE ref = 'air2'"
    before = trust.sql(epoch)[0][0]
    key = {"Idempotency-Key": "withdraw-1"}
    ended = [trust["cem"].send("POST", f"{LIC}/contributions/{row['id']}/withdraw", {}, key) for _ in range(2)]
    assert ended[0]["state"] == ended[1]["state"] == "withdrawn" and trust.sql(epoch)[0][0] == before + 1
    assert trust.sql("SELECT until_at IS NOT NULL FROM licensing.contribution_overview WHERE contribution_id = %s", row["id"])[0][0]
    assert trust["cem"].send("POST", f"{LIC}/contributions/{row['id']}/withdraw").outcome == "not_allowed_here"
    due = trust.sql("SELECT run_at - now() FROM job.job WHERE kind = 'delete_contribution_rows' AND key = %s", row["id"])[0][0]
    assert due < datetime.timedelta(hours=72)
    trust.sql("UPDATE job.job SET run_at = now() WHERE kind = 'delete_contribution_rows' AND key = %s", row["id"])
    eventually("the rows to go", lambda: rows_of(trust, "air2", row["id"]) == [])


# ---- invariants, progress, races ----

N1 = """SELECT count(*) FROM {0} AS r LEFT JOIN licensing.contribution AS c ON c.id = r.contribution_id
        WHERE c.id IS NULL OR c.state NOT IN ('accepted', 'superseded', 'withdrawn', 'erased') OR c.pool_id <> r.pool_id"""


def test_rows_lie_in_pools_only_with_an_accepted_contribution(trust, air, keyed):
    """N1. Runs behind all the refusals above."""
    for pool in ("air2", "keyed"):
        assert trust.sql(N1.format(table_of(trust, pool)))[0][0] == 0
        wrong = f"""SELECT count(*) FROM licensing.contribution AS c JOIN licensing.pool AS p USING (pool_id) WHERE p.ref = '{pool}' AND c.state = 'accepted'
                    AND c.rows <> (SELECT count(*) FROM {table_of(trust, pool)} AS r WHERE r.contribution_id = c.id)"""
        assert trust.sql(wrong)[0][0] == 0


def test_progress_is_told_while_rows_are_read(trust, keyed):
    file = b"device,at,pm10\n" + b"".join(b"d%d,%s,1\n" % (n % 500, at(n // 500).encode()) for n in range(600000))
    identifier = announce(trust, "ada", "keyed")["id"]
    trust["ada"].upload(identifier, file, "big.csv")
    seen = []

    def done():
        found = trust.contribution("ada", identifier)
        if found["progress"] and found["progress"].get("bytes"):
            seen.append(found["progress"])
        return found if found["state"] in ("accepted", "rejected") else None
    found = eventually("the verdict", done)
    assert found["state"] == "accepted" and found["rows"] == 600000, found
    assert seen and seen[0]["length"] == len(file) and 0 < seen[0]["good_rows"] <= 600000 and seen[0]["bad_rows"] == 0, seen
    assert trust.contribution("ada", identifier)["progress"] is None


def race(trust, pool, who, consent):
    """One round: acceptance of an upload against withdrawal of the contribution, or of the consent, each in a session of its own."""
    member = trust.sql("SELECT member_id FROM licensing.contribution WHERE member_id = %s LIMIT 1", trust[who].subject)[0][0]
    pool_id, upload, identifier = trust.sql(
        "WITH made AS (INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, "
        "accept_partial) SELECT log.new_id(), p.pool_id, %s, 1 + (SELECT max(version) FROM licensing.contribution WHERE member_id = %s AND pool_id = p.pool_id), "
        "'validating', 'csv', '{}', '{}', '{}', 1, false FROM licensing.pool AS p WHERE ref = %s RETURNING id, pool_id, member_id), up AS (INSERT INTO "
        "licensing.upload (id, contribution_id, member_id, length, metadata, state, expires_at) SELECT log.new_id(), id, member_id, 9, '', 'complete', now() "
        "FROM made RETURNING id, contribution_id) SELECT made.pool_id, up.id, made.id FROM made, up", member, member, pool)[0]
    moments = {}
    with contextlib.ExitStack() as open_:
        one, two = (open_.enter_context(contextlib.closing(psycopg2.connect(trust.database))) for _ in range(2))
        with one.cursor() as c:
            c.execute(f"INSERT INTO {table_of(trust, pool)} (contribution_id, device, at) VALUES (%s, 'r', now())", (identifier,))

        def accept():
            time.sleep(random.random() / 500)
            with one, one.cursor() as c:
                c.execute("SELECT outcome FROM licensing.finish_ingest(%s, %s)", (identifier, json.dumps(
                    {"accepted": True, "upload": str(upload), "sha256": "0" * 64, "size": 9, "rows": 1, "bad_rows": 0, "quality_ppm": 1000000, "quality": []})))
                moments["accepted"] = c.fetchone()[0]
                if moments["accepted"] != "ok":
                    one.rollback()

        def withdraw():
            time.sleep(random.random() / 500)
            with two, two.cursor() as c:
                if consent:
                    c.execute("SELECT outcome FROM licensing.withdraw_consents(%s, NULL, %s)", (str(member), json.dumps({"pool": pool})))
                else:
                    c.execute("SELECT outcome FROM licensing.withdraw_contribution(%s, NULL, %s)", (str(member), identifier))
                moments["withdrawn"] = c.fetchone()[0]
        together(accept, withdraw)
    return str(pool_id), identifier, moments


@pytest.mark.parametrize("consent", [False, True], ids=["contribution", "consent"])
def test_withdrawal_against_acceptance(trust, consent):
    pool = "raced" + ("2" if consent else "1")
    open_pool(trust, pool)
    contribute(trust, "eva", pool, line(b"d,2026-05-04T00:00:00,1"))
    random.seed(SEED)
    print(f"seed {SEED}, {ROUNDS} rounds")
    first = 0
    for _ in range(ROUNDS):
        if consent:
            trust.sql("SELECT outcome FROM licensing.record_consent(%s, NULL, %s)", trust["eva"].subject, json.dumps(
                {"pool": pool, "purpose": "PG.CLIMATE", "recipient_classes": ["university"], "state": "given", "notice": 1}))
        pool_id, identifier, moments = race(trust, pool, "eva", consent)
        state, stored, covered = trust.sql(
            f"SELECT c.state, (SELECT count(*) FROM {table_of(trust, pool)} WHERE contribution_id = c.id), "
            "(SELECT count(*) FROM licensing.covered_contribution AS v WHERE v.contribution_id = c.id) FROM licensing.contribution AS c WHERE c.id = %s",
            identifier)[0]
        assert covered == 0, "used after its withdrawal"
        if consent:
            assert moments == {"accepted": "ok", "withdrawn": moments["withdrawn"]} and (state, stored) == ("accepted", 1), (moments, state)
        else:
            assert moments["withdrawn"] == "ok" and state == "withdrawn" and stored == (moments["accepted"] == "ok"), (moments, state, stored)
            first += moments["accepted"] == "ok"
    assert consent or ROUNDS < 20 or 0 < first < ROUNDS, f"acceptance came first {first} times of {ROUNDS}: no race"
    assert trust.sql(N1.format(table_of(trust, pool)))[0][0] == 0
