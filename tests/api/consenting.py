# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small pool with real members: what tests of consent and of tombstones stand on. Pool, contributions and grants are rows written by
hand; consents, withdrawals, deliveries and lists go through the functions and the HTTP API that people use."""
import base64
import json
import uuid

import psycopg2
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from test_metering import CLASS, PURPOSE, SCHEMA, World, uid

#: Founders who contribute here; each the owner of one contribution.
OWNERS = ["ada", "ben", "cem", "tess", "eva", "fay", "gil", "hal"]
LIC = "/licensing/v1"
CHARTER = {"charter": 1, "pool": "air", "version": 1, "title": "Street air", "description": "Readings.", "purpose_statement": "To know the air.",
           "language": "en", "controller": {"id": "https://air.example", "name": "Air Trust", "address": "Quay 1", "contact": "p@air.example",
                                            "type": "NonProfitOrganisation"}, "who_may_contribute": "Members.", "retention_days": 3650,
           "storage_countries": ["IE"], "processing_countries": ["IE", "DE"], "jurisdiction": "IE",
           "legal_basis": "consent, Art. 6(1)(a) GDPR", "special_category": False, "spatial": "here",
           "temporal": {"from": "2019-01-01", "until": None}, "update_frequency": "weekly", "keywords": ["air"], "notice": "Your readings are pooled."}


class Ground(World):
    """A trust with pool `air`: eight members, a contribution of some rows each, a licensee, and grants by name."""

    def __init__(self, trust, stack, rows=40, pool="air", special=False):
        super().__init__(trust, stack)
        self.ref = pool
        # grants are rows by hand: what guards the way to one is other files' matter
        for table in ("application", "offer", "agreement", "agreement_signature", "data_grant", "grant_event"):
            trust.sql(f"ALTER TABLE licensing.{table} DISABLE TRIGGER USER")
        trust.sql("ALTER TABLE licensing.agreement DROP CONSTRAINT IF EXISTS says_so")
        self.ids = {name: trust[name].get("/governance/v1/members/self").json["id"] for name in OWNERS}
        self.organisation = trust.organisations.get("uni") or trust.register_organisation("uni", "University", "DE", CLASS, "lin")
        self.pool(pool)
        self.pool_id = self.pools[pool]
        charter = {**CHARTER, "pool": pool, "special_category": special}
        self.write(lambda c: c.execute(
            "INSERT INTO licensing.pool_version (pool_id, version, charter, schema, sha256, schema_sha256, from_at) "
            "VALUES (%s, 1, %s, %s, %s, %s, now())", (self.pool_id, json.dumps(charter), json.dumps(SCHEMA), "2" * 64, "0" * 64)))
        self.contributions = {name: self.contribute(name, rows) for name in OWNERS}

    def contribute(self, name, rows):
        key = str(uuid.uuid4())

        def work(c):
            c.execute("INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, "
                      "charter_version, accept_partial, rows, quality_ppm, decided_at) SELECT %s, %s, %s, 1 + count(*), 'accepted', 'csv', '{}', "
                      "'{\"device\":\"mine\"}', '{\"kind\":\"own_data\",\"attribution\":\"me\"}', 1, false, %s, 1000000, now() - interval '1 hour' "
                      "FROM licensing.contribution WHERE member_id = %s AND pool_id = %s",
                      (key, self.pool_id, self.ids[name], rows, self.ids[name], self.pool_id))
            c.execute(f"INSERT INTO {self.tables[self.ref]} (contribution_id, lat, lon, at, pm10, pm25, device) SELECT %s, 57.1234, -2.1, "
                      "timestamptz '2026-01-01Z' + i * interval '7 s', i %% 50, i, 'd' || i FROM generate_series(1, %s) AS i", (key, rows))
        self.write(work)
        return key

    def grant(self, name, ref=None, **more):
        made = super().grant(name, ref or self.ref, **more)
        self.write(lambda c: c.execute("INSERT INTO licensing.grant_event (grant_id, seq, command, role, to_state, epoch) "
                                       "VALUES (%s, 1, 'activate', 'Y', 'active', 1) ON CONFLICT DO NOTHING", (made,)))
        return made

    def force(self, table, statement):
        """A change that nobody can make: with the table's triggers off meanwhile."""
        connection = psycopg2.connect(self.trust.database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                cursor.execute(statement)
                cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (table,))
                for name, in cursor.fetchall():
                    cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        finally:
            connection.close()

    # -- consent ---------------------------------------------------------

    def give(self, names=OWNERS, purpose=PURPOSE, classes=(CLASS,), **more):
        for name in names:
            self.trust[name].post(f"{LIC}/consents", {"pool": self.ref, "purpose": purpose, "recipient_classes": list(classes), "state": "given",
                                                       "notice": 1, **more})

    def switch(self, name, state, purpose=PURPOSE, classes=(CLASS,), **more):
        if state in ("given", "renewed"):
            more.setdefault("notice", 1)
        return self.trust[name].post(f"{LIC}/consents", {"pool": self.ref, "purpose": purpose, "recipient_classes": list(classes), "state": state,
                                                         **more}).json

    def withdraw(self, name, **only):
        return self.trust[name].post(f"{LIC}/consents/withdraw-all", only).json

    def fold_holds(self):
        assert self.trust.sql("SELECT * FROM licensing.check_consents()") == []

    # -- delivery --------------------------------------------------------

    def download(self, name, query=""):
        """`_row` of every line, in order."""
        epoch = self.trust.sql("SELECT epoch FROM licensing.data_grant WHERE id = %s", uid("grant " + name))[0][0]
        got = self.get(f"/metering/v1/pools/{self.ref}/rows{query}", token=self.token(name, self.ref, epoch=epoch))
        assert got.status == 200, (got.status, got.body)
        rows, trailer = got.table()
        return [row["_row"] for row in rows], trailer

    def names_of(self, name, contributions):
        """`_row` of a contribution's rows under a grant, computed here from the grant's key."""
        wrapped = bytes(self.trust.sql("SELECT wrapped FROM metering.grant_key WHERE grant_id = %s", uid("grant " + name))[0][0])
        key = aes_key_unwrap(base64.b64decode(self.stack.secret("grant.secret")), wrapped)
        cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        rows = self.trust.sql(f"SELECT row_id FROM {self.tables[self.ref]} WHERE contribution_id = ANY (%s::uuid[]) ORDER BY row_id",
                              list(contributions))
        numbers = [int.from_bytes(cipher.update(row.to_bytes(16, "big"))[:8], "big") for row, in rows]
        return ["".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[n >> 5 * i & 31] for i in range(12, -1, -1)) for n in numbers]

    # -- tombstones ------------------------------------------------------

    def tombstones(self, name, who="uni", limit=1000):
        """All lines of a grant's list, page by page."""
        lines, after = [], 0
        while True:
            answer = self.trust[who].get(f"{LIC}/grants/{uid('grant ' + name)}/tombstones?after={after}&limit={limit}")
            assert answer.headers["Content-Type"] == "application/x-ndjson"
            page = [json.loads(line) for line in answer.raw.decode().splitlines()]
            lines += page
            if "Link" not in answer.headers:
                return lines
            after = page[-1]["seq"]

    def idle(self):
        """Waits until no job of tombstones or manifests is left."""
        self.trust.wait_sql("jobs", "SELECT NOT EXISTS (SELECT FROM job.job WHERE kind IN ('write_tombstones', 'make_manifests') "
                            "AND state IN ('waiting', 'running'))")


def connect(trust):
    connection = psycopg2.connect(trust.database)
    connection.autocommit = True
    return connection
