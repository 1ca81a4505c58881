# SPDX-License-Identifier: AGPL-3.0-or-later
"""Metering over HTTP: delivery, attribution, resuming, quotas, seals, and the attacks on each. Pools, consents and grants are rows
written by hand here, so that what is tested is what metering makes of them."""
import base64
import csv
import decimal
import gzip
import hashlib
import http.client
import io
import json
import os
import pathlib
import socket
import tarfile
import threading
import time
import uuid

import psycopg2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from stack import DEADLINE, wait_for

DATA = pathlib.Path(os.environ.get("CH_SHARED_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared" / "data")) / "aberdeen"
FIELDS = [("lat", "number"), ("lon", "number"), ("at", "datetime"), ("pm10", "number"), ("pm25", "number"), ("device", "string")]
SCHEMA = {"fields": [{"name": name, "type": kind, "ch:sensitivity": "none"} for name, kind in FIELDS]}
PLAN = [{"name": "lat", "rule": "round:2"}, {"name": "lon", "rule": "round:2"}, {"name": "at", "rule": "trunc:hour"},
        {"name": "pm10", "rule": "keep"}, {"name": "pm25", "rule": "keep"}]
PURPOSE, CLASS = "RES.HEALTH", "university"


def uid(text):
    return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16]))


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


ORGANISATION = uid("organisation")


class World:
    """One trust with pools and grants written by hand."""

    def __init__(self, trust, stack):
        self.trust, self.stack = trust, stack
        self.tables, self.pools = {}, {}
        self.organisation = ORGANISATION  # the licensee of the grants to come
        for table in ("application", "agreement", "data_grant", "grant_event"):  # what licensing's guards want of a grant is none of metering's
            trust.sql(f"ALTER TABLE licensing.{table} DISABLE TRIGGER USER")

    def write(self, work):
        """Runs `work(cursor)` as somebody whom no trigger stops."""
        connection = psycopg2.connect(self.trust.database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                return work(cursor)
        finally:
            connection.close()

    def pool(self, ref):
        def work(c):
            pool = uid("pool " + ref)
            c.execute("INSERT INTO licensing.pool (pool_id, ref, title, state, schema, schema_canonical, schema_sha256, created_by) "
                      "VALUES (%s, %s, %s, 'open', %s, '{}', %s, %s)", (pool, ref, "Pool " + ref, json.dumps(SCHEMA), "0" * 64, uid("x")))
            c.execute("INSERT INTO licensing.consent_epoch (pool_id) VALUES (%s)", (pool,))
            c.execute("INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version) "
                      "VALUES (%s, 1, 'en', 'text', %s, 'charter', 1)", (pool, "0" * 64))
            c.execute("SELECT pooldata.make_table(%s, %s)", (pool, json.dumps(SCHEMA["fields"])))
            return pool, f'pooldata."{c.fetchone()[0]}"'
        self.pools[ref], self.tables[ref] = self.write(work)

    def contribution(self, c, ref, member, rows, until=None):
        key, person, event, pool = uid(f"contribution {ref} {member}"), uid("member " + member), str(uuid.uuid4()), self.pools[ref]
        c.execute("INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, "
                  "charter_version, accept_partial, rows, quality_ppm, decided_at) VALUES (%s, %s, %s, 1, 'accepted', 'csv', '{}', '{}', "
                  "'{}', 1, false, %s, 1000000, now() - interval '1 hour')", (key, pool, person, rows))
        c.execute("INSERT INTO licensing.consent_event (id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, "
                  "language, at, until, actor) VALUES (%s, %s, %s, %s, %s, %s, 'given', 'expressed', 1, 'en', now(), %s, 'member')",
                  (event, str(uuid.uuid4()), person, pool, PURPOSE, CLASS, until))
        c.execute("INSERT INTO licensing.consent_current (pool_id, purpose, recipient_class, member_id, event_id, permits, explicit, notice, "
                  "at, until) VALUES (%s, %s, %s, %s, %s, true, false, 1, now(), %s)", (pool, PURPOSE, CLASS, person, event, until))
        return key

    def grant(self, name, ref, cohort=5, quotas=(), plan=None):
        made = {what: uid(f"{what} {name}") for what in ("application", "evaluation", "offer", "agreement", "grant")}
        body = json.dumps({"a": made["agreement"], "exclusive": False, "transferable": False, "purpose": PURPOSE, "terms_sha256": "1" * 64,
                           "not_after": "2999-01-01T00:00:00Z", "licensee": self.organisation})
        pool, canonical = self.pools[ref], body

        def work(c):
            c.execute("INSERT INTO licensing.organisation (organisation_id, name, country, claimed_class) VALUES (%s, 'University', 'DE', %s) "
                      "ON CONFLICT DO NOTHING", (self.organisation, CLASS))
            c.execute("INSERT INTO licensing.application (id, organisation_id, pool_id, applicant, state, purpose, actions, columns, modes, "
                      "region, duration_days, project) VALUES (%s, %s, %s, %s, 'granted', %s, '{read}', '{pm10}', '{download}', 'DE', 30, 'p')",
                      (made["application"], self.organisation, pool, uid("p"), PURPOSE))
            c.execute("INSERT INTO licensing.evaluation (id, subject, terms_sha256, input, output, decision, evaluator) "
                      "VALUES (%s, %s, %s, '{}', '{}', 'permit', 1)", (made["evaluation"], made["application"], "1" * 64))
            c.execute("INSERT INTO licensing.offer (id, application_id, evaluation_id, body, sha256, agreement, agreement_hash, valid_until) "
                      "VALUES (%s, %s, %s, '{}', %s, '{}', %s, now())",
                      (made["offer"], made["application"], made["evaluation"], sha("o" + name), sha("a" + name)))
            c.execute("INSERT INTO licensing.agreement (id, offer_id, organisation_id, pool_id, purpose, terms_sha256, sha256, body, canonical, "
                      "exclusive, transferable, from_at, until_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, false, false, "
                      "now() - interval '1 day', now() + interval '300 days')",
                      (made["agreement"], made["offer"], self.organisation, pool, PURPOSE, "1" * 64, sha(canonical), body, canonical))
            c.execute("INSERT INTO licensing.agreement_signature (agreement_id, party, method, signed, signature) "
                      "VALUES (%s, 'licensee', 'session', '{}', NULL), (%s, 'trust', 'jws', '{}', 'x')", (made["agreement"], made["agreement"]))
            c.execute("INSERT INTO licensing.data_grant (id, agreement_id, evaluation_id, organisation_id, pool_id, terms_sha256, terms_version, "
                      "purpose, org_class, rule, tier, price, actions, modes, plan, notice_floor, min_cohort, explicit_only, quotas, from_at, "
                      "until_at, state) VALUES (%s, %s, %s, %s, %s, %s, 1, %s, %s, 'P1', 'free', '{}', '{read}', '{download}', %s, 1, %s, false, "
                      "%s, now() - interval '1 day', now() + interval '300 days', 'active')",
                      (made["grant"], made["agreement"], made["evaluation"], self.organisation, pool, "1" * 64, PURPOSE, CLASS,
                       json.dumps(plan or PLAN), cohort, json.dumps(list(quotas))))
        self.write(work)
        return made["grant"]

    def token(self, name, ref, epoch=1, **claims):
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(self.stack.secret("client.key")))
        public = b64(key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))
        kid = b64(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}'.encode()).digest())
        now, grant = int(time.time()), uid("grant " + name)
        body = {"iss": self.trust.base.geturl() if hasattr(self.trust.base, "geturl") else self.trust.base, "aud": "metering",
                "sub": "client-0001", "client_id": "client-0001", "iat": now, "exp": now + 600, "jti": str(uuid.uuid4()), "org": self.organisation,
                "grant": grant, "pool": ref, "epoch": epoch, "scope": "grant:" + grant, **claims}
        head = b64(json.dumps({"alg": "EdDSA", "kid": kid, "typ": "at+jwt"}).encode()) + "." + b64(json.dumps(body).encode())
        return head + "." + b64(key.sign(head.encode()))

    def get(self, path, name="air", ref="air", headers=None, token=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.trust.port, timeout=DEADLINE)
        try:
            connection.request("GET", path, headers={"Authorization": "Bearer " + (token or self.token(name, ref)), **(headers or {})})
            answer = connection.getresponse()
            return Got(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def rows(self, query="", name="air", ref="air", **more):
        return self.get(f"/metering/v1/pools/{ref}/rows{query}", name, ref, **more)

    def fold(self):
        while self.trust.sql("SELECT (metering.fold_usage(false)).body ->> 'done'")[0][0] != "true":
            pass

    def holds(self):
        """Invariant U1, and that rebuilding changes nothing."""
        self.fold()
        assert self.trust.sql("SELECT * FROM metering.check_usage()") == []
        for pool, day in self.trust.sql("SELECT DISTINCT pool_id, day FROM metering.usage_day"):
            assert self.trust.sql("SELECT metering.rebuild_day(%s, %s)", pool, day) == [(0,)]


class Got:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.slug = headers.get("X-Commonhold-Outcome")

    @property
    def json(self):
        return json.loads(self.body)

    def split(self):
        """Body without its trailer, and the trailer's members."""
        at = self.body.find(b"# delivery: ")
        at = len(self.body) if at < 0 else at
        lines = self.body[at:].decode().splitlines()
        return self.body[:at], dict(line[2:].split(": ", 1) for line in lines)

    def table(self):
        body, trailer = self.split()
        return list(csv.DictReader(io.StringIO(body.decode(), newline=""))), trailer


def load_aberdeen(world):
    readings = {}
    with tarfile.open(DATA / "aberdeen-sds011-2019-05-06_12.tar.gz") as archive:
        for entry in sorted(archive.getmembers(), key=lambda e: e.name):
            for row in csv.DictReader(io.TextIOWrapper(archive.extractfile(entry)), delimiter=";"):
                readings.setdefault(row["sensor_id"], []).append(
                    (row["lat"], row["lon"], row["timestamp"] + "Z", row["P1"], row["P2"], row["sensor_id"]))

    def work(c):
        for sensor, rows in sorted(readings.items()):
            key = world.contribution(c, "air", sensor, len(rows))
            text = "".join("\t".join([key] + [v or "\\N" for v in row]) + "\n" for row in rows)
            c.copy_expert(f"COPY {world.tables['air']} (contribution_id, lat, lon, at, pm10, pm25, device) FROM STDIN", io.StringIO(text))
    world.write(work)


def load_long(world, rows=400000, members=8):
    def work(c):
        keys = [world.contribution(c, "long", f"long{i}", rows // members) for i in range(members)]
        c.execute(f"INSERT INTO {world.tables['long']} (contribution_id, lat, lon, at, pm10, pm25, device) "
                  "SELECT (%s::uuid[])[1 + i * %s / %s], 57.1234, -2.1, timestamptz '2026-01-01Z' + i * interval '7 s', i %% 500, "
                  "i, 'd,\"' || i FROM generate_series(0, %s - 1) AS i", (keys, members, rows, rows))
    world.write(work)


@pytest.fixture(scope="module")
def world(stack):
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not there")
    trust = stack.trust(settings={"common": {"processes": 2, "requests_per_client": 64}})
    made = World(trust, stack)
    for ref in ("air", "long"):
        made.pool(ref)
    load_aberdeen(made)
    load_long(made)
    made.grant("air", "air")
    made.grant("other", "air")
    made.grant("k24", "air", cohort=24)
    made.grant("month", "air", quotas=[{"meter": "rows", "period": "month", "limit": 25000}])
    made.grant("shared", "air", quotas=[{"meter": "rows", "period": "day", "limit": 130000}])
    made.grant("gone", "long", quotas=[{"meter": "rows", "period": "grant", "limit": 1000000}])
    for name in ("long", "consent", "revoke", "text", "slow"):
        made.grant(name, "long", plan=PLAN + [{"name": "device", "rule": "keep"}])
    made.grant("rules", "air", plan=[{"name": "lat", "rule": "bin:2@1"}, {"name": "lon", "rule": "round:-1"}, {"name": "at", "rule": "trunc:week"},
                                     {"name": "pm10", "rule": "bin:10"}, {"name": "device", "rule": "prefix:3"}])
    yield made
    stack.release(trust)


def direct(world, where="true", extra=""):
    return world.trust.sql(f"SELECT row_id, round(lat, 2)::text, round(lon, 2)::text, to_char(date_trunc('hour', at AT TIME ZONE 'UTC'), "
                           f"'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), pm10::text, pm25::text {extra} FROM {world.tables['air']} WHERE {where} ORDER BY row_id")


def as_lists(rows):
    return [[row["lat"], row["lon"], row["at"], row["pm10"], row["pm25"] or None] for row in rows]


def test_golden_week(world):
    """Rows by contributor as members.csv says, and the CSV says what SQL says."""
    got = world.rows()
    rows, trailer = got.table()
    assert got.status == 200 and got.headers["X-Commonhold-Terms"] == "1" * 64
    assert as_lists(rows) == [list(row[1:]) for row in direct(world)]
    assert trailer["end"] == "complete" and trailer["rows"] == "88396"
    assert hashlib.sha256(got.split()[0]).hexdigest() == trailer["sha256"] and len(got.split()[0]) == int(trailer["bytes"])
    world.holds()
    counted = dict(world.trust.sql("SELECT c.contribution_id::text, u.units FROM metering.usage_day_overview AS u JOIN "
                                   "licensing.contribution_overview AS c USING (contribution_id) WHERE u.grant_id = %s", uid("grant air")))
    with open(DATA / "members.csv", newline="") as file:
        expected = {uid("contribution air " + row["sensor_id"]): int(row["rows"]) for row in csv.DictReader(file)}
    assert counted == expected


def test_row_names(world):
    """_row recomputed from the wrapped key: AES-256-ECB of the row id, 64 bits, Crockford base32."""
    rows, _ = world.rows("?limit=300&select=pm10").table()
    wrapped = world.trust.sql("SELECT wrapped FROM metering.grant_key WHERE grant_id = %s", uid("grant air"))[0][0]
    key = aes_key_unwrap(base64.b64decode(world.stack.secret("grant.secret")), bytes(wrapped))
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    for row, (row_id, *_) in zip(rows, direct(world, "row_id <= 300")):
        number = int.from_bytes(cipher.update(row_id.to_bytes(16, "big"))[:8], "big")
        text = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * i & 31] for i in range(12, -1, -1))
        assert row["_row"] == text
    others, _ = world.rows("?limit=300&select=pm10", "other").table()
    assert not {row["_row"] for row in rows} & {row["_row"] for row in others}
    assert list(rows[0]) == ["_row", "pm10"]


def test_ndjson_and_gzip(world):
    got = world.rows("?limit=20000", headers={"Accept": "application/x-ndjson", "Accept-Encoding": "gzip"})
    assert got.headers["Content-Type"] == "application/x-ndjson" and got.headers["Content-Encoding"] == "gzip"
    raw = gzip.decompress(got.body)
    lines = raw.splitlines(keepends=True)
    end = json.loads(lines[-1])["_end"]
    assert end["rows"] == 20000 == len(lines) - 1 and end["sha256"] == hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    rows = [json.loads(line, parse_float=str, parse_int=str) for line in lines[:-1]]
    assert [[r["lat"], r["lon"], r["at"], r["pm10"], r["pm25"]] for r in rows] == [list(row[1:]) for row in direct(world)[:20000]]
    assert world.rows("?limit=1&trailer=0").body.count(b"\r\n") == 2
    assert world.rows(headers={"Accept": "application/json"}).slug == "not_acceptable"


@pytest.mark.parametrize("query,where", [
    ("pm10=gt.300", "pm10 > 300"), ("pm10=gte.20.5&pm10=lt.21", "pm10 >= 20.5 AND pm10 < 21"), ("pm25=is.null", "pm25 IS NULL"),
    ("lat=eq.57.15", "round(lat, 2) = 57.15"), ("lat=neq.57.15&pm10=gt.200", "round(lat, 2) <> 57.15 AND pm10 > 200"),
    ("lat=in.(57.15,57.13)", "round(lat, 2) IN (57.15, 57.13)"), ("at=lte.2019-05-06T03:00:00Z", "at < '2019-05-06 04:00Z'"),
    ("at=eq.2019-05-07T05:00:00Z", "date_trunc('hour', at, 'UTC') = '2019-05-07 05:00Z'"),
    ("pm10=gt.0", "pm10 > 0")])
def test_filters(world, query, where):
    """Filters compare what the row shows; the golden rows with pm25=is.null come from one member, so they stay here."""
    got = world.rows("?" + query)
    expected = direct(world, where, ", contribution_id")
    if len({row[-1] for row in expected}) < 5:
        assert got.status == 403 and got.slug == "cohort_too_small"
    else:
        assert as_lists(got.table()[0]) == [list(row[1:6]) for row in expected]


def test_generalisations(world):
    rows, _ = world.rows("?limit=3000", "rules").table()
    expected = world.trust.sql(f"SELECT (floor((lat - 1) / 2) * 2 + 1)::int::text, round(lon, -1)::text, to_char(date_trunc('week', at AT TIME ZONE "
                               f"'UTC'), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), (floor(pm10 / 10) * 10)::int::text, left(device, 3) FROM "
                               f"{world.tables['air']} ORDER BY row_id LIMIT 3000")
    assert [(r["lat"], r["lon"], r["at"], r["pm10"], r["device"]) for r in rows] == expected
    assert world.rows("?device=eq.15092", "rules").slug == "cohort_too_small"  # the row shows 150 alone


def test_csv_is_rfc_4180(world):
    rows, _ = world.rows("?limit=5&select=device", "text", "long").table()
    assert [row["device"] for row in rows] == [f'd,"{i}' for i in range(5)]


@pytest.mark.parametrize("query,slug", [
    ("select=device", "column_not_granted"), ("select=pm10,row_id", "column_not_granted"), ("select=contribution_id", "column_not_granted"),
    ("device=eq.15092", "column_not_granted"), ("select=pm10%22%3B%20DROP%20TABLE%20x%3B--", "column_not_granted"),
    ("pm10%22%20or%201=eq.1", "column_not_granted"), ("pool_id=eq.1", "column_not_granted"), ("select=pm10,", "column_not_granted"),
    ("select=%7B%7D%22%5C,pm10", "column_not_granted"), ("pm10=eq.1;DROP%20TABLE", "invalid"), ("pm10=eq.1'%20or%20'1'='1", "invalid"),
    ("pm10=or.(1)", "invalid"), ("pm10=1", "invalid"), ("pm10=in.(1,2", "invalid"), ("pm10=in.(1)x", "invalid"), ("pm10=is.true", "invalid"),
    ("at=gt.now()", "invalid"), ("at=gt.2019-02-30T00:00:00Z", "invalid"), ("pm10=eq.NaN", "invalid"), ("pm10=eq.1e400", "invalid"),
    ("limit=0", "invalid"), ("limit=-1", "invalid"), ("limit=9999999999999999", "invalid"), ("trailer=2", "invalid"),
    ("after=AAAA", "resume_refused"), ("after=", "resume_refused"), ("select=pm10,pm10", "invalid")])
def test_hostile_queries(world, query, slug):
    before = world.trust.log_text()
    assert world.rows("?" + query).slug == slug
    assert "refused a statement" not in world.trust.log_text()[len(before):]


def test_values_are_parameters(world):
    """A text filter with everything that could end a statement finds the one row that holds it."""
    world.write(lambda c: c.execute(f"UPDATE {world.tables['long']} SET device = %s WHERE row_id %% 50000 = 1", ("');DROP TABLE x;--\"\\{},",)))
    from urllib.parse import quote
    for text in ("eq.');DROP TABLE x;--\"\\{},", 'in.("\');DROP TABLE x;--\\"\\\\{},",b)'):
        rows, _ = world.rows("?device=" + quote(text), "text", "long").table()
        assert len(rows) == 8 and rows[0]["device"] == "');DROP TABLE x;--\"\\{},"


def test_tokens(world):
    assert world.rows(name="long", ref="air", token=world.token("long", "air")).slug == "forbidden"
    assert world.rows(token=world.token("air", "air", epoch=0)).slug == "token_refused"
    assert world.rows(token=world.token("air", "air", epoch=2)).slug == "token_refused"
    assert world.rows(token=world.token("air", "air", aud="payout")).slug == "token_refused"
    assert world.rows(token=world.token("nobody", "air")).slug == "not_found"
    assert world.rows(token=world.token("air", "air")[:-3] + "AAA").status == 401
    assert world.get("/metering/v1/pools/nowhere/rows").slug == "forbidden"


def test_resume(world):
    """Two halves are the whole; tokens are bound to grant and question; what was counted is not counted again."""
    whole, _ = world.rows(name="other").table()
    first = world.rows("?limit=12345", "other")
    head, trailer = first.table()
    second = world.rows("?after=" + trailer["resume"], "other")
    tail, end = second.table()
    assert head + tail == whole and end["end"] == "complete"
    for query, name in (("?after=" + trailer["resume"] + "&pm10=gt.1", "other"), ("?select=pm10&after=" + trailer["resume"], "other"),
                        ("?after=" + trailer["resume"], "air"), ("?after=" + flipped(trailer["resume"], 70), "other"),
                        ("?after=" + flipped(trailer["resume"], 50), "other"), ("?after=" + flipped(trailer["resume"], 0), "other")):
        assert world.rows(query, name).slug == "resume_refused"
    assert world.rows("?after=" + end["resume"], "other").table()[0] == []
    before = counted(world, "other")
    detail = world.get("/metering/v1/deliveries/" + second.headers["X-Commonhold-Delivery"], "other").json
    again, _ = world.rows("?limit=20000&after=" + detail["batches"][1]["resume"], "other").table()
    skipped = sum(batch["rows"] for batch in detail["batches"][:2])
    assert 0 < skipped < len(tail) and again == tail[skipped:skipped + 20000]
    assert counted(world, "other") == before
    world.holds()


def flipped(token, at):
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]


def counted(world, name):
    world.fold()
    return world.trust.sql("SELECT COALESCE(sum(units), 0)::bigint FROM metering.usage_day WHERE grant_id = %s", uid("grant " + name))[0][0]


def test_cohort(world):
    assert world.rows(name="k24").slug == "cohort_too_small"  # 23 members
    assert world.trust.sql("SELECT count(*) FROM metering.delivery WHERE grant_id = %s", uid("grant k24")) == [(0,)]


class SlowReader:
    """Asks, reads the head and a little, and stops until told."""

    def __init__(self, world, name, ref, query=""):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", world.trust.port))
        self.socket.settimeout(DEADLINE)
        self.socket.sendall(f"GET /metering/v1/pools/{ref}/rows{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                            f"Authorization: Bearer {world.token(name, ref)}\r\n\r\n".encode())
        self.seen = b""
        while b"\r\n\r\n" not in self.seen:
            self.seen += self.socket.recv(512)
        self.delivery = self.seen.split(b"X-Commonhold-Delivery: ")[1][:36].decode()

    def wait_stalled(self, world):
        """Until the server has prepared what it may and stands still."""
        state = {"n": -1, "since": time.monotonic()}

        def still():
            n = world.trust.sql("SELECT count(*) FROM metering.batch WHERE delivery_id = %s", self.delivery)[0][0]
            if n != state["n"]:
                state.update(n=n, since=time.monotonic())
            return n > 0 and time.monotonic() - state["since"] > 0.7
        wait_for("a stalled delivery", still, DEADLINE)
        return state["n"]

    def rest(self):
        parts = [self.seen]
        while part := self.socket.recv(1 << 20):
            parts.append(part)
        self.socket.close()
        raw, body = b"".join(parts).split(b"\r\n\r\n", 1)[1], b""
        while raw:
            size, raw = raw.split(b"\r\n", 1)
            body, raw = body + raw[:int(size, 16)], raw[int(size, 16) + 2:]
        return Got(200, {}, body)


def bump(c, world, ref):
    c.execute("SELECT pg_advisory_xact_lock(licensing.pool_lock(%s))", (world.pools[ref],))
    c.execute("UPDATE licensing.consent_epoch SET epoch = epoch + 1 WHERE pool_id = %s", (world.pools[ref],))


def test_withdrawal_stops_a_running_delivery(world):
    """Batches committed before the withdrawal may arrive; none made after it holds a row of that member."""
    reader = SlowReader(world, "consent", "long", "?select=pm25")
    batches = reader.wait_stalled(world)
    assert world.trust.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'ch_metering' AND state LIKE 'idle in%%'") == [(0,)]
    withdrawn = "long7"

    def withdraw(c):
        bump(c, world, "long")
        c.execute("UPDATE licensing.consent_current SET permits = false WHERE pool_id = %s AND member_id = %s",
                  (world.pools["long"], uid("member " + withdrawn)))
    try:
        world.write(withdraw)
        rows, trailer = reader.rest().table()
        assert batches < 35 and trailer["end"] == "complete" and trailer["rows"] == "350000"
        assert max(int(row["pm25"]) for row in rows) == 349999
        assert world.trust.sql("SELECT count(*) FROM metering.batch AS b, unnest(b.contributions) AS n JOIN licensing.contribution AS c ON c.no = n "
                               "WHERE b.delivery_id = %s AND c.member_id = %s", reader.delivery, uid("member " + withdrawn)) == [(0,)]
    finally:
        world.write(lambda c: (bump(c, world, "long"), c.execute("UPDATE licensing.consent_current SET permits = true WHERE pool_id = %s",
                                                                 (world.pools["long"],))))
    world.holds()


def test_consent_that_ends_in_time_stops(world):
    """until is checked by the database's clock in each batch, without any event."""
    reader = SlowReader(world, "slow", "long", "?select=pm25")
    member = uid("member long6")
    world.write(lambda c: (bump(c, world, "long"), c.execute("UPDATE licensing.consent_current SET until = now() + interval '1 second' WHERE "
                                                             "pool_id = %s AND member_id = %s", (world.pools["long"], member))))
    try:
        reader.wait_stalled(world)
        world.trust.wait_sql("the end of that consent", "SELECT until < now() FROM licensing.consent_current WHERE member_id = %s", member)
        rows, trailer = reader.rest().table()
        assert trailer["rows"] == "350000" and not [r for r in rows if 300000 <= int(r["pm25"]) < 350000]
    finally:
        world.write(lambda c: (bump(c, world, "long"), c.execute("UPDATE licensing.consent_current SET until = NULL WHERE pool_id = %s",
                                                                 (world.pools["long"],))))


def test_revocation_stops_a_running_delivery(world):
    reader = SlowReader(world, "revoke", "long")
    reader.wait_stalled(world)

    def revoke(c):
        c.execute("SELECT pg_advisory_xact_lock(licensing.pool_lock(%s))", (world.pools["long"],))
        c.execute("UPDATE licensing.data_grant SET state = 'revoked', epoch = epoch + 1 WHERE id = %s", (uid("grant revoke"),))
    world.write(revoke)
    rows, trailer = reader.rest().table()
    assert trailer["end"] == "grant_not_active" and 0 < len(rows) < 400000
    assert world.rows(name="revoke", ref="long").slug == "grant_not_active"
    world.holds()


def test_client_that_leaves(world):
    """Only what the other side acknowledged is usage; the quota gets the rest back."""
    reader = SlowReader(world, "gone", "long")
    reader.wait_stalled(world)
    reader.socket.close()
    world.trust.wait_sql("the end of the delivery", "SELECT state = 'gone' FROM metering.delivery WHERE id = %s", reader.delivery)
    states = world.trust.sql("SELECT state, sum(rows) FROM metering.batch WHERE delivery_id = %s GROUP BY state", reader.delivery)
    sent = int(dict(states).get("sent", 0))
    assert "unsent" in dict(states) and not {"committed", "unresolved"} & set(dict(states))
    assert counted(world, "gone") == sent
    assert world.trust.sql("SELECT taken FROM metering.quota WHERE grant_id = %s", uid("grant gone")) == [(sent,)]
    assert world.trust.sql("SELECT count(*) FROM metering.quota_lease WHERE grant_id = %s", uid("grant gone")) == [(0,)]
    world.holds()


def test_resuming_ends_the_delivery_that_still_runs(world):
    reader = SlowReader(world, "long", "long")
    reader.wait_stalled(world)
    detail = world.get("/metering/v1/deliveries/" + reader.delivery, "long", "long").json
    resumed = world.rows("?limit=10000&after=" + detail["batches"][0]["resume"], "long", "long")
    assert resumed.status == 200 and resumed.table()[1]["rows"] == "10000"
    _, trailer = reader.rest().table()
    assert trailer["end"] == "not_allowed_here"
    world.holds()
    assert world.trust.sql("SELECT max(n) FROM (SELECT count(*) AS n FROM metering.batch WHERE grant_id = %s AND state = 'sent' "
                           "GROUP BY first_row) AS x", uid("grant long")) == [(1,)]


def test_quota_cuts_and_refuses(world):
    got = world.rows(name="month")
    rows, trailer = got.table()
    assert len(rows) == 25000 and trailer["end"] == "quota_reached" and json.loads(trailer["quotas"])[0]["left"] == 0
    refused = world.rows(name="month")
    assert refused.status == 429 and refused.slug == "quota_reached" and int(refused.headers["Retry-After"]) > 0
    usage = world.get(f"/metering/v1/grants/{uid('grant month')}/usage", "month").json
    assert usage["quotas"][0]["used"] == 25000 and usage["quotas"][0]["reset_at"].endswith("-01T00:00:00Z")
    assert world.get(f"/metering/v1/grants/{uid('grant month')}/usage", "month", token=world.token("month", "air", org=uid("another"))).slug == "not_found"


def test_many_processes_on_one_quota(world):
    """Six deliveries on two processes: together exactly the limit."""
    results = []

    def run():
        results.append(world.rows("?select=pm10", "shared"))
    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(len(got.table()[0]) for got in results if got.status == 200)
    assert total <= 130000
    rest = world.rows("?select=pm10", "shared")
    total += len(rest.table()[0]) if rest.status == 200 else 0
    assert total == 130000 and world.rows(name="shared").status == 429
    assert counted(world, "shared") == 130000


def test_receipt(world):
    world.rows("?limit=1")
    got = world.rows("?limit=500&select=pm10")
    answer = world.get("/metering/v1/deliveries/" + got.headers["X-Commonhold-Delivery"])
    body = answer.json
    head, payload, signature = body["receipt"].split(".")
    raw = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    keys = {key["kid"]: key["x"] for key in world.get("/.well-known/jwks.json").json["keys"]}
    Ed25519PublicKey.from_public_bytes(raw(keys[json.loads(raw(head))["kid"]])).verify(raw(signature), f"{head}.{payload}".encode())
    claims = json.loads(raw(payload))
    assert claims["rows"] == 500 and claims["body_sha256"] == got.split()[1]["sha256"] == body["body_sha256"] and claims["state"] == "complete"
    assert b"wrapped" not in answer.body
    assert world.get("/metering/v1/deliveries/" + body["id"], token=world.token("air", "air", org=uid("another"))).slug == "not_found"
    listed = world.get("/metering/v1/deliveries?limit=2&grant=" + uid("grant air")).json
    assert len(listed["items"]) == 2 and listed["items"][0]["id"] == body["id"] and listed["next"]


def merkle(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle(leaves[:half]) + merkle(leaves[half:])).digest()


def treasurer(world):
    member = world.trust.sql("SELECT member_id::text FROM governance.office_in_force WHERE body = 'treasurer' AND from_at <= now() AND "
                             "(until_at IS NULL OR until_at > now())")[0][0]
    people = {person.get("/portal/v1/sign-ins/current").json["subject"]: person for person in world.trust.people.values()}
    return people.pop(member), next(person for key, person in people.items() if key)


def test_seal(world):
    """A month sealed early; its root from its lines; what comes later is late usage of the next month."""
    from stack import Problem
    keeper, other = treasurer(world)
    world.rows("?limit=100&select=pm10")
    month = time.strftime("%Y-%m", time.gmtime())
    with pytest.raises(Problem) as refused:
        other.post("/metering/v1/seals", {"pool": "air", "month": month})
    assert refused.value.slug == "forbidden"
    with pytest.raises(Problem) as refused:
        keeper.post("/metering/v1/seals", {"pool": "air", "month": "2999-01"})
    assert refused.value.slug == "invalid"
    sealed = keeper.post("/metering/v1/seals", {"pool": "air", "month": month})
    assert sealed.outcome == "sealed" and sealed.status == 201
    lines = world.trust.sql("SELECT contribution_id::text, grant_id::text, meter, to_char(month, 'YYYY-MM'), pool, units FROM "
                            "metering.sealed_usage_overview WHERE pool = 'air'")
    leaves = sorted(json.dumps(dict(zip(("contribution", "grant", "meter", "month", "pool", "units"), line)), separators=(",", ":")).encode()
                    for line in lines)
    assert sealed["root"] == merkle(leaves).hex() and sealed["lines"] == len(lines) and sealed["units"] == sum(line[-1] for line in lines)
    document = {"count": sealed["lines"], **{key: sealed[key] for key in ("late", "month", "pool", "root", "sealed_at", "units")}}
    assert sealed["sha256"] == hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert world.trust.sql("SELECT payload ->> 'sha256' FROM log.outbox WHERE payload ->> 'type' = 'usage'") == [(sealed["sha256"],)]
    again = keeper.post("/metering/v1/seals", {"pool": "air", "month": month})
    assert again.outcome == "already_sealed" and again["root"] == sealed["root"]
    world.rows("?limit=70&select=pm10")
    world.holds()
    late = world.trust.sql("SELECT to_char(late, 'YYYY-MM'), day = (late + interval '1 month')::date, sum(units) FROM metering.usage_day "
                           "WHERE late IS NOT NULL GROUP BY 1, 2")
    assert late == [(month, True, 70)]
    assert world.trust.sql("SELECT sum(units) FROM metering.sealed_usage_overview WHERE pool = 'air'")[0][0] == sealed["units"]
    usage = keeper.get("/metering/v1/usage?pool=air&month=" + month).json
    assert {row["units"] for row in usage["items"]} == {row["sealed"] for row in usage["items"]}
    with pytest.raises(Problem) as refused:
        other.get("/metering/v1/usage")
    assert refused.value.slug == "forbidden"


def test_member_sees_own_usage(world):
    _, member = treasurer(world)
    assert member.get("/metering/v1/contributions/usage").json == {"items": [], "next": None}
    world.fold()
    answer = world.trust.sql("SELECT (metering.list_own_usage(%s, NULL, NULL, 100, NULL)).body", uid("member 15092"))[0][0]
    assert {(row["purpose"], row["organisation_name"], row["pool"]) for row in answer["items"]} == {(PURPOSE, "University", "air")}
    assert {row["contribution_id"] for row in answer["items"]} == {uid("contribution air 15092")}


@pytest.mark.parametrize("attack", [
    "UPDATE metering.batch SET rows = rows - 1", "UPDATE metering.batch SET state = 'unsent' WHERE state = 'sent'", "DELETE FROM metering.batch",
    "UPDATE metering.batch SET day = day + 1 WHERE day IS NOT NULL", "UPDATE metering.sealed_usage SET units = units + 1", "DELETE FROM metering.seal",
    "TRUNCATE metering.sealed_usage CASCADE", "DELETE FROM metering.grant_key", "DELETE FROM metering.delivery", "TRUNCATE metering.usage_event",
    "SET session_replication_role = replica; UPDATE metering.batch SET rows = rows - 1"])
def test_append_only(world, attack):
    with pytest.raises(psycopg2.errors.CheckViolation):
        world.trust.sql(attack)


def test_role_has_nothing_else(world):
    for statement in ("DELETE FROM metering.batch", "INSERT INTO metering.usage_day SELECT * FROM metering.usage_day", "SELECT * FROM metering.grant_key",
                      "SELECT metering.fold_pool(NULL, 1)", "SELECT metering.rebuild_day(NULL, NULL)", "SELECT * FROM governance.identity"):
        with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.UndefinedTable)):
            world.trust.sql_as("ch_metering", statement)


def test_dead_process_is_resolved_for_the_licensee(world):
    """Committed and never settled: unresolved once its process is silent, not sent after a day; a token from behind it proves the contrary."""
    pool, delivery, grant = world.pools["long"], str(uuid.uuid4()), uid("grant text")
    delivery = world.trust.sql("SELECT metering.month_key(date_trunc('month', now())::date)")[0][0][:-3] + "abc"

    def work(c):
        c.execute("INSERT INTO metering.delivery (pool_id, id, pool, grant_id, organisation_id, mode, plan_hash, terms_sha256, opened_at) "
                  "VALUES (%s, %s, 'long', %s, %s, 'download', %s, 'x', now() - interval '61 seconds')", (pool, delivery, grant, ORGANISATION, "0" * 64))
        for no, hours in ((1, 2), (2, 30)):
            c.execute("INSERT INTO metering.batch (pool_id, delivery_id, no, grant_id, first_row, last_row, rows, bytes, body_sha256, consent_epoch, "
                      "grant_epoch, contributions, counts, committed_at) VALUES (%s, %s, %s, %s, 1, 2, 3, 9, sha256(''), 1, 1, '{1}', '{3}', "
                      "now() - %s * interval '1 hour')", (pool, delivery, no, grant, hours))
    world.write(work)
    world.trust.sql("SELECT metering.settle_batches()")
    assert world.trust.sql("SELECT no, state FROM metering.batch WHERE delivery_id = %s ORDER BY no", delivery) == [(1, "unresolved"), (2, "unsent")]
    assert world.trust.sql("SELECT state FROM metering.delivery WHERE id = %s", delivery) == [("lost",)]
    world.holds()
