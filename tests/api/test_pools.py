# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pools over HTTP: drafts, charters member by member, schemas that grow, notices, states, quality; and what each of them refuses."""
import copy
import time

import psycopg2
import pytest

from pooling import (QUALITY, SCHEMA, announce, asset, charter_of, check, contribute, enact, grow, open_pool, put_in_force, rows_of, table_of)
from stack import Problem, eventually
from trust import LIC

POOLS = f"{LIC}/pools"


def with_column(schema, **field):
    grown = copy.deepcopy(schema)
    grown["fields"].append(field)
    return grown


@pytest.fixture(scope="module")
def air(trust):
    """A pool with its charter, as the others change it."""
    return open_pool(trust, "first")


# ---- drafts ----

RESERVED = ["pool_id", "row_id", "contribution_id", "tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"]


@pytest.mark.parametrize("name", RESERVED + ['a"b', 'a"; DROP TABLE licensing.pool; --', "A", "1a", "a-b", "a" * 41, "", "ä", "a\nb"])
def test_a_column_is_named_plainly_and_not_as_the_tables_own(trust, name):
    field = {"name": name, "type": "string", "ch:sensitivity": "none"}
    refused = trust["lin"].send("POST", POOLS, {"ref": "names", "title": "Names", "schema": {"fields": [field]}})
    assert refused.status == 422 and refused["errors"][0]["pointer"] == "/schema/fields/0/name", refused.raw


def test_what_frictionless_knows_and_pools_do_not_is_told_apart(trust):
    field = {"name": "a", "type": "string", "ch:sensitivity": "none", "constraints": {"pattern": "x"}}
    refused = trust["lin"].send("POST", POOLS, {"ref": "names", "title": "Names", "schema": {"fields": [field]}})
    assert refused.outcome == "schema_unsupported" and refused["errors"][0]["pointer"] == "/schema/fields/0/constraints/pattern"
    wide = {"fields": [{"name": f"c{i}", "type": "string", "ch:sensitivity": "none"} for i in range(201)]}
    assert trust["lin"].send("POST", POOLS, {"ref": "names", "title": "Names", "schema": wide}).status == 422


def test_drafts_are_the_officers_and_seen_by_members(trust):
    body = {"ref": "draft", "title": "A draft", "schema": SCHEMA}
    assert trust["ada"].send("POST", POOLS, body).status == 403
    assert trust.public.send("POST", POOLS, body).status == 401
    made = trust["lin"].post(POOLS, body).json
    assert made["state"] == "draft" and made["notice"] is None and made["charter"] is None
    assert trust.public.send("GET", f"{POOLS}/draft").status == 404
    assert trust.public.send("GET", f"{POOLS}/draft/schema").status == 404
    assert trust.public.send("GET", f"{POOLS}/draft/notices").status == 404
    assert trust.public.send("GET", f"{POOLS}/draft/quality").status == 404
    assert trust["ada"].get(f"{POOLS}/draft").json["id"] == trust["ada"].get(f"{POOLS}/{made['id']}").json["id"] == made["id"]
    assert trust["lin"].send("POST", POOLS, body).outcome == "ref_taken"
    assert trust["lin"].send("POST", f"{POOLS}/draft/schema", {"schema": SCHEMA}).outcome == "not_allowed_here"
    tag = trust["lin"].get(f"{POOLS}/draft").headers["ETag"]
    assert trust["ada"].send("PATCH", f"{POOLS}/draft", {"title": "Mine"}, {"If-Match": tag}).status == 403
    assert trust["lin"].send("PATCH", f"{POOLS}/draft", {"title": "Mine"}).status == 428
    assert trust["lin"].send("PATCH", f"{POOLS}/draft", {"title": "Better"}, {"If-Match": tag})["title"] == "Better"
    assert trust["lin"].send("PATCH", f"{POOLS}/draft", {"title": "Worse"}, {"If-Match": tag}).outcome == "stale"


def test_a_draft_changed_after_its_charter_does_not_change_the_charter(trust):
    made = trust["lin"].post(POOLS, {"ref": "moved", "title": "Moved", "schema": SCHEMA}).json
    asset(trust, "moved")
    charter = charter_of("moved", made["schema_sha256"])
    assert check(trust, charter) == []
    other = with_column(SCHEMA, name="more", type="integer", **{"ch:sensitivity": "none"})
    tag = trust["lin"].get(f"{POOLS}/moved").headers["ETag"]
    trust["lin"].patch(f"{POOLS}/moved", {"schema": other}, headers={"If-Match": tag})
    assert ("/schema_sha256", "not the hash of the pool's schema") in check(trust, charter)


# ---- charters ----

CHARTERS = [
    ({"colour": 1}, "/colour"), ({"charter": 2}, "/charter"), ({"charter": "1"}, "/charter"), ({"version": 3}, "/version"),
    ({"version": "2"}, "/version"), ({"pool": "nowhere"}, "/pool"), ({"title": "ab"}, "/title"), ({"title": "a" * 201}, "/title"),
    ({"description": ""}, "/description"), ({"description": None}, "/description"), ({"purpose_statement": 5}, "/purpose_statement"),
    ({"language": "english please"}, "/language"), ({"who_may_contribute": ["members"]}, "/who_may_contribute"),
    ({"controller": "Harbour"}, "/controller"), ({"controller": {"id": "x"}}, "/controller/name"),
    ({"controller": {"id": "x", "name": "x", "address": "x", "contact": "x", "type": "x", "fax": "x"}}, "/controller/fax"),
    ({"retention_days": 0}, "/retention_days"), ({"retention_days": 36501}, "/retention_days"), ({"retention_days": "30"}, "/retention_days"),
    ({"retention_days": 1.5}, "/retention_days"), ({"storage_countries": []}, "/storage_countries"),
    ({"storage_countries": ["Ireland"]}, "/storage_countries/0"), ({"storage_countries": [None]}, "/storage_countries/0"),
    ({"storage_countries": ["IE", "IE"]}, "/storage_countries/1"), ({"processing_countries": "IE"}, "/processing_countries"),
    ({"jurisdiction": ""}, "/jurisdiction"), ({"legal_basis": ""}, "/legal_basis"), ({"special_category": "no"}, "/special_category"),
    ({"spatial": {}}, "/spatial"), ({"temporal": "2019"}, "/temporal"), ({"temporal": {"from": "2019-01-01"}}, "/temporal"),
    ({"temporal": {"from": "2019-13-01", "until": None}}, "/temporal"), ({"temporal": {"from": "2020-01-01", "until": "2019-01-01"}}, "/temporal"),
    ({"temporal": {"from": "2019-01-01", "until": None, "via": 1}}, "/temporal/via"), ({"update_frequency": None}, "/update_frequency"),
    ({"keywords": "air"}, "/keywords"), ({"keywords": [5]}, "/keywords/0"), ({"keywords": ["x"] * 51}, "/keywords"), ({"notice": ""}, "/notice"),
    ({"schema_sha256": "0" * 64}, "/schema_sha256"), ({"closing": 1}, "/closing"), ({"rights": ""}, "/rights"), ({"quality": []}, "/quality"),
]


@pytest.mark.parametrize("change, pointer", CHARTERS, ids=[f"{i} {p}" for i, (_, p) in enumerate(CHARTERS)])
def test_each_member_of_a_charter_is_checked(trust, air, change, pointer):
    good = {**air, "version": trust.public.get(f"{POOLS}/first")["charter_version"] + 1}
    assert check(trust, good) == []
    assert pointer in [p for p, _ in check(trust, {**good, **change})]


@pytest.mark.parametrize("member", ["title", "controller", "retention_days", "storage_countries", "special_category", "temporal", "keywords",
                                    "quality", "schema_sha256", "notice", "legal_basis", "language", "charter", "version", "pool"])
def test_no_member_of_a_charter_may_be_left_out(trust, air, member):
    assert check(trust, {k: v for k, v in {**air, "version": 2}.items() if k != member}) != []


def test_a_charter_is_an_object(trust):
    for nothing in ([], None, "charter", 5):
        assert check(trust, nothing) == [("", "a charter is an object")]


def one(**more):
    return [{"weight": 1000000, **more}]


QUALITIES = [
    one(check="beauty", column="pm10"), one(check="completeness"), one(check="completeness", column="colour"),
    one(check="completeness", column=["pm10"]), one(check="completeness", columns=["pm10"]), one(check="in_range", column="note", min=0, max=1),
    one(check="in_range", column="pm10", min=0), one(check="in_range", column="pm10", min=0.5, max=1), one(check="in_range", column="pm10", min=2, max=1),
    one(check="in_range", column="pm10", min="1e5", max="1e6"), one(check="gaps", column="pm10", step=60), one(check="gaps", column="at", step="60"),
    one(check="gaps", column="at", step=0), one(check="gaps", column="at", step=40000000), one(check="duplicates", columns=[]),
    one(check="duplicates", columns="at"), one(check="duplicates", columns=["at", "at"]), one(check="duplicates", columns=["at", 5]),
    one(check="cross_duplicates", columns=["at"], colour=1), [{"check": "completeness", "column": "pm10", "weight": "1000000"}],
    [{"check": "completeness", "column": "pm10", "weight": 999999}], [{"check": "completeness", "column": "pm10", "weight": 1000001}],
    ["completeness"], QUALITY * 33, QUALITY * 2, {"check": "completeness"}]


@pytest.mark.parametrize("quality", QUALITIES, ids=range(len(QUALITIES)))
def test_quality_checks_are_as_strict_as_what_counts_them(trust, air, quality):
    found = check(trust, {**air, "version": trust.public.get(f"{POOLS}/first")["charter_version"] + 1, "quality": quality})
    assert found and all(p.startswith("/quality") for p, _ in found), found


# ---- growth and notices ----

def test_a_vote_brings_the_next_schema_and_its_notice(fresh_trust):
    """The whole way, all guards on: drafted, proposed, voted, applied."""
    trust = fresh_trust
    made = trust["lin"].post(POOLS, {"ref": "air", "title": "Street air", "schema": SCHEMA}).json
    voters = {name: "yes" for name in trust.people}

    def vote(charter, title):
        trust.vote(trust.propose("ada", "policy", title, "As attached.", {"schema": "pool_charter", "document": charter}, ["ben", "cem", "tess"]), voters)
        return eventually("the charter to be applied", lambda: (lambda p: p if p["charter_version"] == charter["version"] else None)(
            trust.public.get(f"{POOLS}/air").json))
    first = vote(charter_of("air", made["schema_sha256"]), "Charter of the pool")
    assert first["state"] == "open" and first["notice"] == 1 and first["notice_says"] == []
    grown = with_column(SCHEMA, name="owner", type="string", **{"ch:sensitivity": "direct"})
    drafted = trust["lin"].post(f"{POOLS}/air/schema", {"schema": grown}).json
    assert drafted["notice_columns"] == ["owner"] and drafted["follows"] == first["schema_sha256"]
    assert trust.public.get(f"{POOLS}/air/schema").json == SCHEMA
    second = vote(charter_of("air", drafted["schema_sha256"], 2), "A column more")
    assert (second["charter_version"], second["notice"], second["notice_says"]) == (2, 2, ["column:owner"])
    assert second["schema_sha256"] == drafted["schema_sha256"]
    assert trust.public.get(f"{POOLS}/air/schema").json == trust.public.get(f"{POOLS}/air/schema?version=2").json == grown
    assert trust.public.get(f"{POOLS}/air/schema?version=1").json == SCHEMA
    assert trust.public.send("GET", f"{POOLS}/air/schema?version=3").status == 404
    assert trust.public.send("GET", f"{POOLS}/air/schema?version=x").status == 400
    notices = trust.public.get(f"{POOLS}/air/notices").json["items"]
    assert [(n["notice"], n["says"], n["origin_version"]) for n in notices] == [(2, ["column:owner"], 2), (1, [], 1)]
    assert notices[1]["text"] == first["notice_text"] and notices[1]["sha256"] == first["notice_sha256"]
    page = trust.public.get(f"{POOLS}/air/notices?limit=1").json
    assert [n["notice"] for n in trust.public.get(f"{POOLS}/air/notices?limit=1&after={page['next']}").json["items"]] == [1]


GROWTHS = [
    (lambda s: s["fields"].pop(), "/schema/fields"),
    (lambda s: s["fields"][3].update(type="integer"), "/schema/fields/3/type"),
    (lambda s: s["fields"][1].update({"ch:sensitivity": "none"}), "/schema/fields/1/ch:sensitivity"),
    (lambda s: s["fields"][2]["constraints"].update(minimum=1), "/schema/fields/2/constraints"),
    (lambda s: s["fields"][3].update(constraints={"required": True}), "/schema/fields/3/constraints"),
    (lambda s: s["fields"][3].update(constraints={"unique": True}), "/schema/fields/3/constraints"),
    (lambda s: s["fields"][3].update(constraints={"enum": ["x"]}), "/schema/fields/3/constraints"),
    (lambda s: s["fields"][0]["constraints"].update(maxLength=39), "/schema/fields/0/constraints"),
    (lambda s: s["fields"].append({"name": "x", "type": "string", "ch:sensitivity": "none", "constraints": {"required": True}}), "/schema/fields/4"),
    (lambda s: s["fields"][2].update(decimalChar=","), "/schema/fields/2"),
    (lambda s: s["fields"][1].update({"ch:timezone": "+01:00"}), "/schema/fields/1"),
    (lambda s: s.update(missingValues=["-"]), "/schema/missingValues"),
    (lambda s: s.update(primaryKey="device"), "/schema/primaryKey"),
    (lambda s: s["fields"].append({"name": "xmin", "type": "string", "ch:sensitivity": "none"}), "/schema/fields/4/name"),
]


@pytest.mark.parametrize("change, pointer", GROWTHS, ids=range(len(GROWTHS)))
def test_a_later_schema_only_adds_and_relaxes(trust, air, change, pointer):
    schema = copy.deepcopy(SCHEMA)
    change(schema)
    answer = trust["lin"].send("POST", f"{POOLS}/first/schema", {"schema": schema})
    assert answer.status == 422 and pointer in [e["pointer"] for e in answer["errors"]], answer.raw


def test_relaxing_and_plain_columns_are_no_news(trust):
    charter = open_pool(trust, "relax")
    schema = with_column(SCHEMA, name="hum", type="number", **{"ch:sensitivity": "none"})
    schema["fields"][2]["constraints"] = {"minimum": "-1.5"}
    schema["missingValues"] = ["", "NA"]
    charter = grow(trust, charter, schema)
    pool = trust.public.get(f"{POOLS}/relax").json
    assert (pool["charter_version"], pool["notice"]) == (2, 1)
    row, errors = contribute(trust, "ada", "relax", b"device,at,pm10,hum\nd,2026-05-04T00:00:00,-1,NA\n", charter_version=2)
    assert row["state"] == "accepted" and row["schema_version"] == 2, (row, errors)
    assert rows_of(trust, "relax", row["id"])[0][5] == -1
    assert trust.sql("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum", table_of(trust, "relax"))[-1][0] == "hum"


def test_only_the_officer_drafts_schemas_and_only_the_drafted_one_may_be_cited(trust, air):
    schema = with_column(SCHEMA, name="hum", type="number", **{"ch:sensitivity": "none"})
    assert trust["ada"].send("POST", f"{POOLS}/first/schema", {"schema": schema}).status == 403
    assert trust.public.send("POST", f"{POOLS}/first/schema", {"schema": schema}).status == 401
    assert trust["lin"].send("POST", f"{POOLS}/nowhere/schema", {"schema": schema}).status == 404
    key = {"Idempotency-Key": "growth-1"}
    made = [trust["lin"].send("POST", f"{POOLS}/first/schema", {"schema": schema}, key) for _ in range(2)]
    assert made[0].status == made[1].status == 201 and made[0].json == made[1].json
    assert trust["lin"].send("POST", f"{POOLS}/first/schema", {"schema": SCHEMA}, key).outcome == "idempotency_conflict"
    elsewhere = open_pool(trust, "elsewhere")
    assert check(trust, {**elsewhere, "version": 2, "schema_sha256": made[0]["schema_sha256"]}) != []
    # a schema that followed the one before the last follows nothing any more
    second = trust["lin"].post(f"{POOLS}/elsewhere/schema", {"schema": with_column(SCHEMA, name="a", type="date", **{"ch:sensitivity": "none"})}).json
    grow(trust, elsewhere, with_column(SCHEMA, name="b", type="date", **{"ch:sensitivity": "none"}))
    assert "/schema_sha256" in [p for p, _ in check(trust, {**elsewhere, "version": 3, "schema_sha256": second["schema_sha256"]})]


NEWS = [
    ({"purpose_statement": "To sell it."}, ["purpose_statement"]), ({"retention_days": 3651}, ["retention_days"]),
    ({"storage_countries": ["IE", "US"]}, ["storage_countries"]), ({"processing_countries": ["FR"]}, ["processing_countries"]),
    ({"legal_basis": "public interest"}, ["legal_basis"]), ({"special_category": True}, ["special_category"]), ({"jurisdiction": "FR"}, ["jurisdiction"]),
    ({"notice": "Something else."}, ["notice"]), ({"rights": "access, erasure"}, ["rights"]),
    ({"title": "Another title", "keywords": ["x"], "update_frequency": "daily", "retention_days": 3000}, [])]


def test_what_a_charter_says_anew_takes_the_next_notice(trust):
    charter, n = open_pool(trust, "news"), 1
    for change, says in NEWS:
        version = trust.public.get(f"{POOLS}/news")["charter_version"] + 1
        enact(trust, {**charter, "version": version, **change})
        pool = trust.public.get(f"{POOLS}/news").json
        n += bool(says)
        assert pool["notice"] == n and (not says or pool["notice_says"] == says), (change, pool["notice_says"])
        if not says:
            continue
        enact(trust, {**charter, "version": version + 1})  # and back: news again, where it is any
        n = trust.public.get(f"{POOLS}/news")["notice"]
    charter = {**charter, "retention_days": 3000}
    changed = {**charter["controller"], "contact": "new@example.org"}
    before = trust.public.get(f"{POOLS}/news").json
    enact(trust, {**charter, "version": before["charter_version"] + 1, "controller": changed})
    assert trust.public.get(f"{POOLS}/news")["notice"] == before["notice"]
    enact(trust, {**charter, "version": before["charter_version"] + 2, "controller": {**changed, "name": "Somebody Else"}})
    assert trust.public.get(f"{POOLS}/news")["notice_says"] == ["controller"]
    with pytest.raises(psycopg2.Error, match="append-only"):
        trust.sql("UPDATE licensing.notice SET text = 'x'")
    with pytest.raises(psycopg2.Error, match="append-only"):
        trust.sql("UPDATE licensing.pool_version SET schema = '{}'")


def test_a_new_column_is_null_until_the_member_answered_its_notice(trust):
    charter = open_pool(trust, "noticed")
    trust.consent("ada", "noticed", "PG.CLIMATE", ["university"])
    trust.consent("ben", "noticed", "PG.CLIMATE", ["university"])
    grow(trust, charter, with_column(SCHEMA, name="owner", type="string", **{"ch:sensitivity": "quasi"}))
    asked = "SELECT count(*) FROM licensing.consent_event JOIN licensing.pool USING (pool_id) WHERE ref = 'noticed' AND consent_event.state = 'requested' AND notice = 2"
    assert trust.sql(asked)[0][0] == 2
    assert trust.sql("SELECT bool_and(permits) FROM licensing.consent_current JOIN licensing.pool USING (pool_id) WHERE ref = 'noticed'")[0][0]
    file = b"device,at,owner\nd,2026-05-04T00:00:00,Ada\ne,2026-05-04T00:00:00,\n"
    row, errors = contribute(trust, "ada", "noticed", file, charter_version=2)
    assert row["state"] == "rejected" and errors == [(2, 1, "owner", "notice", "Ada")]
    row, errors = contribute(trust, "ada", "noticed", b"device,at\nd,2026-05-04T00:00:00\n", charter_version=2)
    assert row["state"] == "accepted"
    trust.consent("ada", "noticed", "PG.CLIMATE", ["university"], notice=2)
    row, errors = contribute(trust, "ada", "noticed", file, charter_version=2)
    assert row["state"] == "accepted" and rows_of(trust, "noticed", row["id"])[0][-1] == "Ada"
    trust.consent("ben", "noticed", "PG.CLIMATE", ["university"], state="refused", notice=2)  # an answer too
    assert contribute(trust, "ben", "noticed", file, charter_version=2)[0]["state"] == "accepted"
    ndjson = b'{"device":"d","at":"2026-05-04T00:00:00Z","owner":"C"}\n'
    row, errors = contribute(trust, "cem", "noticed", ndjson, charter_version=2, format="ndjson")
    assert errors == [(1, 1, "owner", "notice", "C")]


def test_a_charter_waits_for_a_table_that_is_written_and_holds_nobody_up(trust):
    charter = open_pool(trust, "busy")
    drafted = trust["lin"].post(f"{POOLS}/busy/schema", {"schema": with_column(SCHEMA, name="x", type="date", **{"ch:sensitivity": "none"})}).json
    writer = psycopg2.connect(trust.database)
    try:
        with writer.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table_of(trust, 'busy')} IN ROW EXCLUSIVE MODE")
        put_in_force(trust, {**charter, "version": 2, "schema_sha256": drafted["schema_sha256"]})
        started = time.monotonic()
        assert trust.sql("SELECT licensing.apply_charters()")[0][0] == 0
        assert time.monotonic() - started < 5
        identifier = announce(trust, "ada", "busy")["id"]
        assert trust.sql("SELECT count(*) FROM licensing.pool_version JOIN licensing.pool USING (pool_id) WHERE ref = 'busy'")[0][0] == 1
        trust.unguarded(f"UPDATE licensing.contribution SET state = 'received' WHERE id = '{identifier}'",
                        "INSERT INTO licensing.upload (id, contribution_id, member_id, length, metadata, state, expires_at) SELECT log.new_id(), id, member_id, 0, "
                        f"'', 'complete', now() FROM licensing.contribution WHERE id = '{identifier}'")
        assert trust.sql("SELECT outcome FROM licensing.begin_ingest(%s)", identifier)[0][0] == "stale"
    finally:
        writer.close()
    trust.wait_sql("the column", "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = %s::regclass AND attname = 'x')", table_of(trust, "busy"))


# ---- states ----

def test_states_and_who_may(trust):
    charter = open_pool(trust, "states")
    reason = {"reason": "The sensors are recalled."}

    def send(who, command, body=None):
        return (trust[who] if who else trust.public).send("POST", f"{POOLS}/states/{command}", body or reason)
    assert send(None, "pause").status == 401 and send("ada", "pause").status == 403
    assert send("lin", "resume").outcome == "not_allowed_here"
    assert trust["lin"].send("POST", f"{POOLS}/states/pause", {"reason": ""}).status == 422
    assert trust["lin"].send("POST", f"{POOLS}/nowhere/pause", reason).status == 404
    assert trust["lin"].send("POST", f"{POOLS}/states/close", reason).status in (404, 405)
    paused = send("lin", "pause")
    assert (paused["state"], paused["state_reason"]) == ("paused", reason["reason"])
    assert announce(trust, "ada", "states").outcome == "not_allowed_here"
    assert send("lin", "pause").outcome == "not_allowed_here"
    assert send("lin", "resume")["state"] == "open"
    waiting = announce(trust, "ada", "states")["id"]
    assert check(trust, {**charter, "version": 2, "closing": "yes"}) != []
    enact(trust, {**charter, "version": 2, "closing": True})
    pool = trust.public.get(f"{POOLS}/states").json
    assert pool["state"] == "closed"
    events = trust.sql("SELECT e.state FROM licensing.pool_event AS e JOIN licensing.pool USING (pool_id) WHERE ref = 'states' ORDER BY seq")
    assert [e[0] for e in events] == ["open", "paused", "open", "paused", "closed"]
    assert announce(trust, "ada", "states").outcome == "not_allowed_here"
    assert send("lin", "resume").outcome == "not_allowed_here"
    assert ("/pool", "no such pool, or it is closed") in check(trust, {**charter, "version": 3})
    # what was announced before is not accepted after
    trust["ada"].upload(waiting, b"device,at\nd,2026-05-04T00:00:00\n", "a.csv")
    found = eventually("the verdict", lambda: (lambda c: c if c["state"] == "rejected" else None)(trust.contribution("ada", waiting)))
    assert found["reason"] == "pool_closed" and rows_of(trust, "states", waiting) == []


def test_a_first_charter_does_not_close(trust):
    made = trust["lin"].post(POOLS, {"ref": "never", "title": "Never", "schema": SCHEMA}).json
    asset(trust, "never")
    assert [p for p, _ in check(trust, charter_of("never", made["schema_sha256"], closing=True))] == ["/closing"]


def test_no_role_makes_a_step_of_its_own(trust):
    for role in ("ch_licensing", "ch_governance", "ch_metering", "ch_worker", "ch_payout", "ch_portal", "ch_log", "ch_audit"):
        for statement in ("UPDATE licensing.pool SET state = 'open'", "DELETE FROM licensing.pool_event", "DELETE FROM licensing.pool_schema",
                          "INSERT INTO licensing.column_notice SELECT pool_id, 'x', 1 FROM licensing.pool", "SELECT licensing.apply_charters()",
                          "SELECT pooldata.add_columns(log.new_id(), '[]')", "SELECT licensing.move_pool(NULL, 'open', 'x', NULL)"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                trust.sql_as(role, statement)


# ---- quality ----

CHECKS = [{"check": "completeness", "column": "pm10", "weight": 300000}, {"check": "in_range", "column": "pm10", "min": 0, "max": "99.5", "weight": 200000},
          {"check": "duplicates", "columns": ["device", "at"], "weight": 200000}, {"check": "gaps", "column": "at", "step": 60, "weight": 200000},
          {"check": "cross_duplicates", "columns": ["device", "at", "note"], "weight": 100000}]


def test_quality_of_a_contribution_is_its_owners_and_of_the_pool_everybodys(trust):
    open_pool(trust, "good", quality=CHECKS)
    # 4 rows: 3 values, 2 of them in range; 1 repeated row; minutes 0, 0, 1, 3 of 4
    file = b"device,at,pm10\nd,2026-05-04T00:00:00,1\nd,2026-05-04T00:00:00,2\nd,2026-05-04T00:01:00,\nd,2026-05-04T00:03:00,99.6\n"
    row, _ = contribute(trust, "ada", "good", file)
    assert [q["ppm"] for q in row["quality"]] == [750000, 666666, 750000, 750000, 1000000]
    assert row["quality_ppm"] == (750000 * 3 + 666666 * 2 + 750000 * 2 + 750000 * 2 + 1000000) // 10
    # the same rows from somebody else: what is NULL in both is the same too
    row, _ = contribute(trust, "ben", "good", file)
    assert row["quality"][4]["ppm"] == 0
    row, _ = contribute(trust, "cem", "good", b"device,at,pm10\nd,2026-05-04T00:00:00,1\nx,2026-05-04T00:00:00,1\n")
    assert row["quality"][4]["ppm"] == 500000
    public = trust.public.get(f"{POOLS}/good/quality").json
    assert public["quality_ppm"] is None and public["members"] is None and public["contributions"] is None
    assert [c["ppm"] for c in public["checks"]] == [None] * 5
    for who in ("tess", "mo"):
        contribute(trust, who, "good", b"device,at,pm10\ny,2026-05-04T00:00:00,1\n")
    public = trust.public.get(f"{POOLS}/good/quality").json
    assert (public["members"], public["contributions"], public["pool"], public["charter_version"]) == (5, 5, "good", 1)
    assert public["checks"][0] == {**CHECKS[0], "ppm": 833000}  # 10 of 12 values, down to a thousand
    assert public["quality_ppm"] == sum(c["weight"] * c["ppm"] for c in public["checks"]) // 1000000
    with pytest.raises(Problem):
        trust.public.get(f"{POOLS}/nowhere/quality")
