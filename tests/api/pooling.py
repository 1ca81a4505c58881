# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pools for tests that are not about voting: a charter put in force as if it had been enacted, and files contributed to it."""
import json

from stack import eventually
from trust import LIC, pool_charter

SCHEMA = {"fields": [
    {"name": "device", "type": "string", "ch:sensitivity": "direct", "constraints": {"required": True, "maxLength": 40}},
    {"name": "at", "type": "datetime", "ch:sensitivity": "quasi", "ch:timezone": "UTC", "constraints": {"required": True}},
    {"name": "pm10", "type": "number", "ch:sensitivity": "none", "constraints": {"minimum": 0, "maximum": "1999.9"}},
    {"name": "note", "type": "string", "ch:sensitivity": "none"}]}
QUALITY = [{"check": "completeness", "column": "pm10", "weight": 1000000}]


def charter_of(pool, schema_sha256, version=1, **changes):
    return {**pool_charter(pool, schema_sha256), "version": version, "quality": QUALITY, **changes}


def check(trust, charter):
    """What governance is told about a charter: [(pointer, detail)]."""
    found = trust.sql("SELECT licensing.check_pool_charter(%s)", json.dumps(charter))[0][0]["errors"]
    return [(e["pointer"], e["detail"]) for e in found]


def as_governance(trust, *statements):
    """What governance would have written after a vote; its guards, which refuse what no vote made, are off in this trust from now on."""
    if not getattr(trust, "disarmed", False):
        for (name,) in trust.sql("SELECT evtname FROM pg_event_trigger"):
            trust.sql(f"ALTER EVENT TRIGGER {name} DISABLE")
        for table in ("asset", "pool_charter"):
            trust.sql(f"ALTER TABLE governance.{table} DISABLE TRIGGER USER")
        trust.disarmed = True
    trust.unguarded(*statements)


def put_in_force(trust, charter):
    """A charter that nobody has voted, as good as enacted."""
    assert check(trust, charter) == []
    document = f"$charter${json.dumps(charter)}$charter$::jsonb"
    as_governance(
        trust, "INSERT INTO governance.pool_charter (id, pool, version, doc, canonical, sha256, proposal_id, from_at) SELECT log.new_id(), "
        "d ->> 'pool', (d ->> 'version')::integer, d, log.canonical(d), encode(sha256(convert_to(log.canonical(d), 'UTF8')), 'hex'), "
        f"log.new_id(), clock_timestamp() FROM (SELECT {document} AS d) AS x")


def enact(trust, charter):
    """Puts a charter in force and waits until it has been applied."""
    put_in_force(trust, charter)
    trust.wait_sql("the charter to be applied", "SELECT EXISTS (SELECT FROM licensing.pool_version JOIN licensing.pool USING (pool_id) "
                   "WHERE ref = %s AND version = %s)", charter["pool"], charter["version"])
    return charter


def asset(trust, pool):
    as_governance(trust, f"INSERT INTO governance.asset VALUES (log.new_id(), 'pool-{pool}', 'pool', '{pool}', 'members', NULL, 'licensed_only', "
                    "NULL, now())")


def open_pool(trust, pool, schema=None, **changes):
    """A pool that is open; gives its charter."""
    made = trust["lin"].post(f"{LIC}/pools", {"ref": pool, "title": "A pool", "schema": schema or SCHEMA}).json
    asset(trust, pool)
    return enact(trust, charter_of(pool, made["schema_sha256"], **changes))


def grow(trust, charter, schema, **changes):
    """The next charter with a schema that follows; gives it in force."""
    drafted = trust["lin"].post(f"{LIC}/pools/{charter['pool']}/schema", {"schema": schema}).json
    return enact(trust, {**charter, "version": charter["version"] + 1, "schema_sha256": drafted["schema_sha256"], **changes})


def table_of(trust, pool):
    return trust.sql("SELECT 'pooldata.' || pooldata.table_name(pool_id) FROM licensing.pool WHERE ref = %s", pool)[0][0]


def rows_of(trust, pool, contribution):
    return trust.sql(f"SELECT * FROM {table_of(trust, pool)} WHERE contribution_id = %s ORDER BY row_id", contribution)


def announce(trust, who, pool, charter_version=1, **more):
    body = {"pool": pool, "format": "csv", "dialect": {},
            "provenance": {"source": "device", "software": "SDS011", "period": {"from": "2026-05-04", "until": "2026-05-05"},
                           "method": "outside the home", "processing": "none"},
            "licence": {"kind": "own_data", "charter_version": charter_version}, **more}
    return trust[who].send("POST", f"{LIC}/contributions", body)


def decided(trust, who, identifier):
    def found():
        row = trust[who].get(f"{LIC}/contributions/{identifier}").json
        return row if row["state"] in ("accepted", "rejected") else None
    return eventually(f"contribution {identifier} to be decided", found)


def contribute(trust, who, pool, content, **more):
    """A file from announcement to verdict: the contribution, and its row errors as (line, row, column, reason, value)."""
    made = announce(trust, who, pool, **more)
    assert made.status == 201, made.raw
    trust[who].upload(made["id"], content, "a.csv")
    row = decided(trust, who, made["id"])
    errors = trust[who].get(f"{LIC}/contributions/{made['id']}/errors").json
    assert errors["bad_rows"] == row["bad_rows"]
    return row, [(e["line"], e["row"], e["column"], e["reason"], e["value"]) for e in errors["items"]]
