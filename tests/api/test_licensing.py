# SPDX-License-Identifier: AGPL-3.0-or-later
"""Licensing over HTTP against a real daemon, worker and PostgreSQL: from a pool's draft to a token, and the refusals on the way.

Governance's side (founding, votes, council) is played by rows written as the database's administrator: what is tested is what
licensing makes of them. Sign-in is the portal's; here sessions are signed with the trust's own person key."""
import base64
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import threading
import time
import uuid

import pytest

from stack import free_port

psycopg2 = pytest.importorskip("psycopg2")
ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")

BIN = os.environ.get("CH_BIN", os.environ.get("BUILD", "build") + "/bin")
DAEMON = f"{BIN}/commonholdd"
CLI = f"{BIN}/commonhold"
PG = None  # the administrator's connection to the module's own cluster, without a database
DEADLINE = 20
ABERDEEN = "../shared/data/aberdeen/aberdeen-sds011-2019-05-06_12.tar.gz"

SCHEMA = {"fields": [
    {"name": "device", "type": "string", "ch:sensitivity": "direct", "constraints": {"required": True}},
    {"name": "lat", "type": "number", "ch:sensitivity": "quasi"},
    {"name": "lon", "type": "number", "ch:sensitivity": "quasi"},
    {"name": "at", "type": "datetime", "ch:sensitivity": "quasi", "ch:timezone": "UTC"},
    {"name": "pm10", "type": "number", "ch:sensitivity": "none"}]}
PROVENANCE = {"source": "device", "software": "SDS011", "method": "optical", "processing": "none",
              "period": {"from": "2019-05-06", "until": "2019-05-12"}}
CSV = b"device;lat;lon;at;pm10\nd1;57.12345678;-2.1;2019-05-06T00:00:54;12.5\nd1;57.123;-2.1;2019-05-06T00:03:00;\n"
FREE_PRICE = {"base": {"minor": 0, "currency": "EUR"}, "unit": {"minor": 0, "currency": "EUR"}, "unit_rows": 1000, "free_rows": 0,
              "cap": None}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def wait_for(condition, what, seconds=DEADLINE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("no " + what)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.bytes = response.status, response.headers, response.read()
        kind = response.headers.get("Content-Type", "")
        self.json = json.loads(self.bytes) if "json" in kind and self.bytes else None

    def __repr__(self):
        return f"{self.status} {self.bytes[:600]!r}"


class Trust:
    """A daemon with its database and a few people in it."""

    def __init__(self, folder):
        self.folder = folder
        self.database = f"licensing_{os.getpid()}"
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        admin = psycopg2.connect(PG + " dbname=postgres")
        admin.autocommit = True
        admin.cursor().execute(f"CREATE DATABASE {self.database}")
        admin.close()
        here = " ".join(w for w in PG.split() if not w.startswith(("user=", "passfile=")))
        dir_ = str(folder / "trust")
        subprocess.run([CLI, "init", "--dir", dir_, "--origin", self.origin, "--listen", f"127.0.0.1:{self.port}", "--database",
                        f"{here} dbname={self.database}"], check=True, capture_output=True)
        ini = dir_ + "/commonhold.ini"
        subprocess.run([CLI, "migrate", "--config", ini, "--database", f"{PG} dbname={self.database}"], check=True, capture_output=True)
        self.db = psycopg2.connect(f"{PG} dbname={self.database}")
        self.db.autocommit = True
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(open(dir_ + "/secrets/person.key").read()))
        self.people()
        self.log = open(folder / "log", "wb")
        self.daemon = subprocess.Popen([DAEMON, "--config", ini], stderr=self.log)
        wait_for(lambda: self.up(), "daemon")

    def up(self):
        assert self.daemon.poll() is None, (self.folder / "log").read_text()
        try:
            return self.ask("GET", "/healthz").status == 200
        except OSError:
            return False

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(DEADLINE)
        self.db.close()
        admin = psycopg2.connect(PG + " dbname=postgres")
        admin.autocommit = True
        admin.cursor().execute(f"DROP DATABASE {self.database} WITH (FORCE)")
        admin.close()

    def sql(self, text, *args):
        cursor = self.db.cursor()
        cursor.execute(text, args)
        return cursor.fetchall() if cursor.description else None

    def govern(self, text, *args):
        """As governance would have written it, without its votes."""
        self.sql("SET session_replication_role = replica")
        try:
            return self.sql(text, *args)
        finally:
            self.sql("SET session_replication_role = origin")

    def disarm(self):
        """Governance's guards refuse rows that no vote made; here the administrator plays the votes."""
        for (name,) in self.sql("SELECT evtname FROM pg_event_trigger"):
            self.sql(f"ALTER EVENT TRIGGER {name} DISABLE")
        for table in ("office", "asset", "pool_charter", "terms_version", "prohibition", "council_case", "charter", "standing", "class_spell", "member"):
            self.sql(f"ALTER TABLE governance.{table} DISABLE TRIGGER USER")

    def people(self):
        self.disarm()
        durations = {k: 3600 for k in ("council_case_seconds", "suspension_seconds", "appeal_seconds", "referral_seconds", "sponsor_seconds",
                                       "ceremony_seconds", "reveal_seconds", "extension_seconds", "retry_seconds")}
        doc = {"durations": {"min_tenure_seconds": 0, **durations}, "dues": {"amount": {"minor": 0, "currency": "EUR"}, "grace_seconds": 1}}
        self.govern("INSERT INTO governance.charter (name, language, currency, doc, canonical, sha256) VALUES (%s, 'en', 'EUR', %s, %s, %s)",
                    "Harbour Air Trust", json.dumps(doc), canonical(doc), sha256(canonical(doc)))
        self.members = [str(uuid.uuid4()) for _ in range(7)]
        for member in self.members:
            self.govern("INSERT INTO governance.member (member_id, founder) VALUES (%s, true)", member)
            self.govern("INSERT INTO governance.standing VALUES (%s, 1, 'active', now(), NULL, 'test')", member)
            self.govern("INSERT INTO governance.class_spell VALUES (%s, 1, 'U', now(), now())", member)
        self.officer = self.members[0]
        self.govern("INSERT INTO governance.office VALUES (%s, 'licensing_officer', '1', NULL, %s, now(), now() + interval '1 year', NULL)",
                    str(uuid.uuid4()), self.officer)
        self.board = self.members[1]
        self.govern("INSERT INTO governance.office VALUES (%s, 'board', 'U1', 'U', %s, now(), now() + interval '1 year', NULL)",
                    str(uuid.uuid4()), self.board)

    def session(self, subject, org="", totp=True, age=0):
        now = int(time.time())
        claims = {"iss": self.origin, "aud": "commonhold", "sub": subject, "kind": "person" if org else "member",
                  "member": "" if org else subject, "org": org, "csrf": "c", "totp": totp, "auth_time": now - age, "iat": now,
                  "exp": now + 300}
        raw = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        kid = b64(hashlib.sha256(json.dumps({"crv": "Ed25519", "kty": "OKP", "x": b64(raw)}, separators=(",", ":")).encode()).digest())
        text = b64(canonical({"alg": "EdDSA", "kid": kid, "typ": "JWT"}).encode()) + "." + b64(canonical(claims).encode())
        return text + "." + b64(self.key.sign(text.encode()))

    def ask(self, method, path, body=None, who=None, headers=None, raw=False):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        headers = {"X-CSRF-Token": "c", **(headers or {})}
        if who:
            headers["Cookie"] = "ch_token=" + (who if who.count(".") == 2 else self.session(who))
        if body is not None and not raw:
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection.request(method, path, body, headers)
        return Answer(connection.getresponse())

    def api(self, method, path, body=None, who=None, headers=None):
        if method == "POST":
            headers = {"Idempotency-Key": uuid.uuid4().hex, **(headers or {})}
        return self.ask(method, "/licensing/v1" + path, body, who, headers)

    def tus(self, method, path, who, body=b"", **headers):
        headers = {"Tus-Resumable": "1.0.0", **{k.replace("_", "-"): v for k, v in headers.items()}}
        headers = {k: v for k, v in headers.items() if v is not None}
        return self.ask(method, "/licensing/v1" + path, body, who, headers, raw=True)

    def upload(self, who, data, **more):
        contribution = self.api("POST", "/contributions", {
            "pool": "air", "format": "csv", "dialect": {"delimiter": ";"}, "provenance": PROVENANCE,
            "licence": {"kind": "own_data", "charter_version": 1}, **more}, who)
        assert contribution.status == 201, contribution
        id_ = contribution.json["id"]
        made = self.tus("POST", "/uploads", who, Upload_Length=str(len(data)),
                        Upload_Metadata="contribution " + base64.b64encode(id_.encode()).decode())
        assert made.status == 201, made
        path = made.headers["Location"][len(self.origin + "/licensing/v1"):]
        if data:
            sent = self.tus("PATCH", path, who, data, Content_Type="application/offset+octet-stream", Upload_Offset="0",
                            Upload_Checksum="sha256 " + base64.b64encode(hashlib.sha256(data).digest()).decode())
            assert sent.status == 204 and sent.headers["Upload-Offset"] == str(len(data)), sent
        return id_

    def decided(self, who, id_):
        return wait_for(lambda: (lambda a: a.json if a.json["state"] in ("accepted", "rejected") else None)(
            self.api("GET", "/contributions/" + id_, who=who)), "verdict on the contribution")


@pytest.fixture(scope="module")
def cluster():
    """A cluster of its own: making a trust sets the passwords of the login roles, which belong to the whole cluster."""
    global PG
    folder = tempfile.mkdtemp(prefix="commonhold-licensing.")
    os.chmod(folder, 0o711)
    subprocess.run(["sh", "deploy/pg.sh", "start", folder], check=True, env={**os.environ, "CH_PG_TEST": "1"})
    info = subprocess.run(["sh", "deploy/pg.sh", "conninfo", folder], check=True, capture_output=True, text=True).stdout
    PG = " ".join(word for word in info.split() if not word.startswith("dbname="))
    yield
    subprocess.run(["sh", "deploy/pg.sh", "stop", folder], check=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def trust(cluster, tmp_path_factory):
    trust = Trust(tmp_path_factory.mktemp("licensing"))
    yield trust
    trust.stop()
    assert b"Sanitizer" not in (trust.folder / "log").read_bytes()


@pytest.fixture(scope="module")
def pool(trust):
    made = trust.api("POST", "/pools", {"ref": "air", "title": "Street air", "schema": SCHEMA}, trust.officer)
    assert made.status == 201, made
    charter = {"charter": 1, "pool": "air", "version": 1, "title": "Street air", "description": "Readings", "purpose_statement": "Clean air",
               "language": "en", "controller": {"id": "trust", "name": "Harbour", "address": "Quay 1", "contact": "a@example.org",
                                                "type": "cooperative"},
               "who_may_contribute": "members", "retention_days": 730, "storage_countries": ["DE"], "processing_countries": ["DE"],
               "jurisdiction": "DE", "legal_basis": "consent", "special_category": False, "spatial": "Aberdeen",
               "temporal": {"from": "2019-05-06", "until": "2019-05-12"}, "update_frequency": "daily", "keywords": ["air"],
               "quality": [{"check": "completeness", "column": "pm10", "weight": 1000000}],
               "schema_sha256": made.json["schema_sha256"], "notice": "We hold your readings in common."}
    assert trust.sql("SELECT licensing.check_pool_charter(%s)", json.dumps(charter))[0][0]["errors"][0]["detail"].startswith("there is no asset")
    trust.govern("INSERT INTO governance.asset VALUES (%s, 'pool-air', 'pool', 'air', 'members', NULL, 'licensed_only', NULL, now())",
                 str(uuid.uuid4()))
    assert trust.sql("SELECT licensing.check_pool_charter(%s)", json.dumps(charter))[0][0] == {"errors": []}
    trust.govern("INSERT INTO governance.pool_charter VALUES (%s, 'air', 1, %s, %s, %s, %s, now())", str(uuid.uuid4()), json.dumps(charter),
                 canonical(charter), sha256(canonical(charter)), str(uuid.uuid4()))
    return wait_for(lambda: (lambda a: a.json if a.json.get("state") == "open" else None)(trust.api("GET", "/pools/air")), "open pool")


def make_terms(version=1, **more):
    rule = {"actions": ["read"], "regions": ["EEA"], "modes": ["download"], "min_cohort": 5, "max_days": 365, "duties": ["D2"],
            "notice_floor": 1, "descendants": True, "org_classes": ["university"]}
    return {"terms": 1, "pool": "air", "version": version, "purposes": 1, "special_category": False,
            "valid": {"from": "2026-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"},
            "columns": [{"name": f["name"], "type": f["type"], "sensitivity": f["ch:sensitivity"]} for f in SCHEMA["fields"]],
            "tiers": [{"id": "free", "org_classes": ["university"], "purposes": ["RES.ACADEMIC", "PG.CLIMATE"], "attest_days": 365,
                       "council": False, "price": FREE_PRICE}],
            "duties": [{"id": "D2", "act": "attribute"}],
            "prohibited_acts": ["reidentify", "link_personal", "transfer_onward", "sell_data"],
            "rules": [{"id": "P1", "effect": "permit", "purposes": ["RES"], "tiers": ["free"],
                       "columns": {"lat": "round:2", "lon": "round:2", "at": "trunc:hour", "pm10": "keep"}, **rule},
                      {"id": "X1", "effect": "prohibit", "purposes": ["X"]}], **more}


@pytest.fixture(scope="module")
def terms(trust, pool):
    doc = make_terms()
    saved = trust.api("POST", "/terms", {"doc": doc}, trust.members[2])
    assert saved.status == 201 and saved.json["review"]["errors"] == [], saved
    assert trust.sql("SELECT licensing.check_terms(%s)", json.dumps(doc))[0][0] == {"errors": []}
    trust.govern("INSERT INTO governance.terms_version VALUES (%s, 'air', 1, %s, %s, %s, %s, now())", str(uuid.uuid4()), json.dumps(doc),
                 canonical(doc), sha256(canonical(doc)), str(uuid.uuid4()))
    assert saved.json["sha256"] == sha256(canonical(doc))
    return saved.json


@pytest.fixture(scope="module")
def consents(trust, terms):
    for member in trust.members[:6]:
        given = trust.api("POST", "/consents", {"pool": "air", "purpose": "RES", "recipient_classes": ["university"], "state": "given",
                                                "notice": 1}, member)
        assert given.status == 201 and given.json["events"] == 4, given


@pytest.fixture(scope="module")
def university(trust):
    made = trust.api("POST", "/organisations", {"name": "Uni", "country": "DE", "class": "university", "person": "Eve",
                                                "email": "eve@uni.example"})
    assert made.status == 201 and len(made.json["invite"]) == 26, made
    org = made.json["id"]
    assert trust.api("POST", f"/organisations/{org}/verify-class", {"class": "university", "evidence": "register"},
                     trust.board).status == 403
    verified = trust.api("POST", f"/organisations/{org}/verify-class", {"class": "university", "evidence": "register"}, trust.officer)
    assert verified.json["class"] == "university", verified
    session = trust.session(made.json["person_id"], org)
    attested = trust.api("POST", f"/organisations/{org}/attestations", {"kind": "non_commercial", "statement": "not commercial"}, session)
    assert attested.status == 201, attested
    return org, made.json["person_id"]


def apply(trust, session, **more):
    made = trust.api("POST", "/applications", {"pool": "air", "purpose": "RES.ACADEMIC", "actions": ["read"], "columns": ["lat", "at", "pm10"],
                                               "modes": ["download"], "region": "DE", "duration_days": 90, "project": "A study", **more}, session)
    assert made.status == 201, made
    sent = trust.api("POST", f"/applications/{made.json['id']}/submit", {}, session)
    assert sent.status == 200 and sent.json["state"] == "screening", sent
    return wait_for(lambda: (lambda a: a if a["state"] != "screening" else None)(
        trust.api("GET", f"/applications/{made.json['id']}", who=session).json), "verdict on the application")


@pytest.fixture(scope="module")
def grant(trust, consents, university):
    org, person = university
    session = trust.session(person, org)
    application = apply(trust, session)
    assert application["state"] == "council_review", application  # the first grant for a purpose in a pool
    trust.govern("UPDATE governance.council_case SET state = 'decided', approved = true, decided_at = now(), kept_conditions = '[]' WHERE id = %s",
                 application["case_id"])
    application = wait_for(lambda: (lambda a: a if a["state"] == "offered" else None)(
        trust.api("GET", f"/applications/{application['id']}", who=session).json), "offer")
    offer = trust.api("GET", f"/offers/{application['offer_id']}", who=session).json
    assert offer["agreement_hash"] == sha256(canonical(offer["agreement"]))
    path, body = f"/offers/{offer['id']}/accept", {"agreement_hash": offer["agreement_hash"]}
    assert trust.api("POST", path, {"agreement_hash": "0" * 64}, session).status == 409
    assert trust.api("POST", path, body, trust.session(person, org, totp=False)).status == 403
    assert trust.api("POST", path, body, trust.session(person, org, age=3600)).status == 403
    accepted = trust.api("POST", path, body, session)
    assert accepted.status == 201 and accepted.json["grant_state"] == "active", accepted
    jws = [s for s in accepted.json["signatures"] if s["party"] == "trust"][0]["signature"]
    payload = json.loads(base64.urlsafe_b64decode(jws.split(".")[1] + "=="))
    assert payload["agreement_hash"] == offer["agreement_hash"] and payload["acceptance"]["person"] == person
    return accepted.json["grant_id"]


def client_token(trust, session, scope):
    made = trust.api("POST", "/clients", {"name": "reader"}, session)
    assert made.status == 201 and made.json["client_secret"], made
    pair = base64.b64encode(f"{made.json['client_id']}:{made.json['client_secret']}".encode()).decode()
    answer = trust.ask("POST", "/licensing/v1/oauth/token", f"grant_type=client_credentials&scope={scope}",
                       headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic " + pair}, raw=True)
    return made.json, answer


def test_purposes_are_the_tree_and_the_trap_is_refused(trust):
    items = trust.api("GET", "/purposes").json["items"]
    assert len(items) == 26 and [i["parents"] for i in items if i["code"] == "X.ADS"] == [["COM.MARKETING", "X"]]
    bad = open("sql/reference/purposes.csv").read().replace("X.SECURITY,X,", "X.SECURITY,PG X,")
    with pytest.raises(psycopg2.Error, match="PG"):
        trust.sql("SELECT licensing.load_reference('purposes', %s)", bad)


def test_only_the_officer_drafts_pools_and_schemas_are_checked(trust):
    body = {"ref": "x1", "title": "Another", "schema": SCHEMA}
    assert trust.api("POST", "/pools", body, trust.members[3]).status == 403
    assert trust.api("POST", "/pools", body).status == 401
    bad = {"fields": [{"name": "a\"b", "type": "string", "ch:sensitivity": "none"}]}
    assert trust.api("POST", "/pools", {**body, "schema": bad}, trust.officer).status == 422
    made = trust.api("POST", "/pools", body, trust.officer)
    assert made.status == 201
    assert trust.api("PATCH", "/pools/x1", {"title": "Changed"}, trust.officer).status == 428
    assert trust.api("PATCH", "/pools/x1", {"title": "Changed"}, trust.officer, {"If-Match": '"v1"'}).json["title"] == "Changed"
    assert trust.api("PATCH", "/pools/x1", {"title": "Again"}, trust.officer, {"If-Match": '"v1"'}).status == 409


def test_the_same_key_gives_the_same_answer(trust, pool):
    body = {"pool": "air", "format": "csv", "provenance": PROVENANCE, "licence": {"kind": "own_data", "charter_version": 1}}
    key = {"Idempotency-Key": "k1"}
    first, again = (trust.api("POST", "/contributions", body, trust.members[4], key) for _ in range(2))
    assert first.status == again.status == 201 and first.json["id"] == again.json["id"]
    other = trust.api("POST", "/contributions", {**body, "format": "ndjson"}, trust.members[4], key)
    assert other.status == 409


def test_a_contribution_is_stored_with_its_quality(trust, pool):
    id_ = trust.upload(trust.members[3], CSV)
    row = trust.decided(trust.members[3], id_)
    assert row["state"] == "accepted" and row["rows"] == 2 and row["quality_ppm"] == 500000, row
    assert row["sha256"] == hashlib.sha256(CSV).hexdigest()
    table = trust.sql("SELECT pooldata.table_name(pool_id) FROM licensing.pool WHERE ref = 'air'")[0][0]
    assert trust.sql(f"SELECT lat::text, at AT TIME ZONE 'UTC' FROM pooldata.{table} WHERE contribution_id = %s ORDER BY row_id", id_)[0][0] == "57.12345678"
    assert trust.api("GET", "/contributions/" + id_, who=trust.members[2]).status == 404


def test_one_bad_row_rejects_the_file_and_leaves_no_row(trust, pool):
    id_ = trust.upload(trust.members[3], CSV + b"d1;north;0;2019-05-06T00:09:00;1\n")
    row = trust.decided(trust.members[3], id_)
    assert row["state"] == "rejected" and row["reason"] == "bad_rows" and row["bad_rows"] == 1, row
    errors = trust.api("GET", f"/contributions/{id_}/errors", who=trust.members[3]).json["items"]
    assert errors == [{"line": 4, "row": 3, "column": "lat", "reason": "type", "value": "north"}]
    table = trust.sql("SELECT pooldata.table_name(pool_id) FROM licensing.pool WHERE ref = 'air'")[0][0]
    assert trust.sql(f"SELECT count(*) FROM pooldata.{table} WHERE contribution_id = %s", id_)[0][0] == 0


def test_a_killed_worker_leaves_no_row_and_the_next_starts_again(trust, pool):
    who, rows = trust.members[3], 400000
    data = b"device;lat;lon;at;pm10\n" + b"d1;57.1;-2.1;2019-05-06T00:00:54;12.5\n" * rows
    id_ = trust.upload(who, data)
    worker = wait_for(lambda: trust.sql("""SELECT worker FROM job.job WHERE kind = 'ingest_contribution' AND key = %s AND state = 'running'
        AND progress <> '{}'""", id_), "validation under way")[0][0]
    os.kill(int(worker.split(":")[1]), signal.SIGKILL)
    table = trust.sql("SELECT pooldata.table_name(pool_id) FROM licensing.pool WHERE ref = 'air'")[0][0]
    count = f"SELECT count(*) FROM pooldata.{table} WHERE contribution_id = %s"
    assert trust.api("GET", "/contributions/" + id_, who=who).json["state"] == "validating"
    assert trust.sql(count, id_)[0][0] == 0
    row = wait_for(lambda: (lambda a: a if a["state"] != "validating" else None)(trust.api("GET", "/contributions/" + id_, who=who).json),
                   "second try", 60)
    assert row["state"] == "accepted" and row["rows"] == rows and trust.sql(count, id_)[0][0] == rows, row


@pytest.mark.skipif(not os.path.exists(ABERDEEN), reason="the Aberdeen week is not there")
def test_a_real_week_of_readings_goes_in_whole(trust, pool):
    with tarfile.open(ABERDEEN) as tar:
        files = [tar.extractfile(n).read() for n in sorted(tar.getnames()) if "_22523.csv" in n]
    data = files[0] + b"".join(f.split(b"\n", 1)[1] for f in files[1:])
    id_ = trust.upload(trust.members[2], data, dialect={
        "delimiter": ";", "header_map": {"sensor_id": "device", "timestamp": "at", "P1": "pm10"},
        "ignore": ["sensor_type", "location", "durP1", "ratioP1", "P2", "durP2", "ratioP2"]})
    row = trust.decided(trust.members[2], id_)
    assert row["state"] == "accepted" and row["rows"] == data.count(b"\n") - 1 > 1900, row


def test_empty_files_and_other_hashes_are_rejected(trust, pool):
    assert trust.decided(trust.members[3], trust.upload(trust.members[3], b""))["reason"] == "empty_file"
    assert trust.decided(trust.members[3], trust.upload(trust.members[3], CSV, sha256="0" * 64))["reason"] == "hash_mismatch"


def test_tus_refuses_what_the_protocol_refuses(trust, pool):
    who, other = trust.members[4], trust.members[5]
    made = trust.api("POST", "/contributions", {"pool": "air", "format": "csv", "dialect": {"delimiter": ";"}, "provenance": PROVENANCE,
                                                "licence": {"kind": "own_data", "charter_version": 1}}, who).json["id"]
    metadata = "contribution " + base64.b64encode(made.encode()).decode() + ",filename " + base64.b64encode(b"../../x").decode()
    options = trust.tus("OPTIONS", "/uploads", None)
    assert options.status == 204 and options.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
    assert trust.tus("POST", "/uploads", who, Upload_Length="5", Upload_Metadata=metadata, Tus_Resumable="0.2.2").status == 412
    for bad in ({"Upload_Metadata": "contribution !"}, {"Upload_Defer_Length": "1"}, {"Upload_Length": None}):
        assert trust.tus("POST", "/uploads", who, **{"Upload_Length": "5", "Upload_Metadata": metadata, **bad}).status == 400, bad
    assert trust.tus("POST", "/uploads", who, Upload_Length="99999999999", Upload_Metadata=metadata).status == 413
    up = trust.tus("POST", "/uploads", who, Upload_Length=str(len(CSV)), Upload_Metadata=metadata)
    assert up.status == 201 and up.headers["Upload-Expires"].endswith("GMT")
    path = up.headers["Location"][len(trust.origin + "/licensing/v1"):]
    kind = {"Content_Type": "application/offset+octet-stream"}
    assert trust.tus("PATCH", path, other, b"x", Upload_Offset="0", **kind).status == 404
    assert trust.tus("PATCH", path, who, b"x", Upload_Offset="0", Content_Type="text/csv").status == 415
    assert trust.tus("PATCH", path, who, b"x", Upload_Offset="1", **kind).status == 409
    assert trust.tus("PATCH", path, who, b"x" * (len(CSV) + 1), Upload_Offset="0", **kind).status == 413
    assert trust.tus("PATCH", path, who, b"x", Upload_Offset="0", Upload_Checksum="md5 AAAA", **kind).status == 400
    wrong = "sha1 " + base64.b64encode(b"\0" * 20).decode()
    assert trust.tus("PATCH", path, who, CSV[:9], Upload_Offset="0", Upload_Checksum=wrong, **kind).status == 460
    assert trust.tus("HEAD", path, who).headers["Upload-Offset"] == "0"
    right = "sha1 " + base64.b64encode(hashlib.sha1(CSV[:9]).digest()).decode()
    assert trust.tus("PATCH", path, who, CSV[:9], Upload_Offset="0", Upload_Checksum=right, **kind).status == 204
    head = trust.tus("HEAD", path, who)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Metadata"], head.headers["Cache-Control"]) == ("9", metadata, "no-store")
    assert trust.tus("POST", path, who, CSV[9:], Upload_Offset="9", X_HTTP_Method_Override="PATCH", **kind).status == 204
    assert trust.decided(who, made)["state"] == "accepted"
    assert trust.tus("HEAD", path, who).status == 410


def test_two_patches_do_not_write_at_once(trust, pool):
    who, rounds, size = trust.members[4], 10, 200000
    data = b"device;lat;lon;at;pm10\n" + b"d1;1;1;2019-05-06T00:00:00;1\n" * (size // 29)
    for _ in range(rounds):
        made = trust.api("POST", "/contributions", {"pool": "air", "format": "csv", "dialect": {"delimiter": ";"}, "provenance": PROVENANCE,
                                                    "licence": {"kind": "own_data", "charter_version": 1}}, who).json["id"]
        up = trust.tus("POST", "/uploads", who, Upload_Length=str(len(data) + 1), Upload_Metadata="contribution " + base64.b64encode(made.encode()).decode())
        path = up.headers["Location"][len(trust.origin + "/licensing/v1"):]
        seen = []
        threads = [threading.Thread(target=lambda: seen.append(trust.tus(
            "PATCH", path, who, data, Content_Type="application/offset+octet-stream", Upload_Offset="0").status)) for _ in range(2)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert sorted(seen) in ([204, 409], [204, 423]), seen
        assert trust.tus("DELETE", path, who).status == 204
        assert trust.tus("HEAD", path, who).status == 410


def test_consent_current_is_the_fold_of_the_events(trust, consents):
    fold = """SELECT DISTINCT ON (pool_id, purpose, recipient_class, member_id) pool_id, purpose, recipient_class, member_id, state IN ('given', 'renewed')
              FROM licensing.consent_event WHERE state NOT IN ('requested', 'deferred')
              ORDER BY pool_id, purpose, recipient_class, member_id, at DESC, seq DESC"""
    kept = "SELECT pool_id, purpose, recipient_class, member_id, permits FROM licensing.consent_current"
    assert trust.sql(f"(({fold}) EXCEPT ({kept})) UNION ALL (({kept}) EXCEPT ({fold}))") == []


def test_consent_cites_the_current_notice_and_a_receipt_is_signed(trust, consents):
    who = trust.members[5]
    body = {"pool": "air", "purpose": "RES.ACADEMIC", "recipient_classes": ["university"], "state": "given"}
    assert trust.api("POST", "/consents", {**body, "notice": 2}, who).status == 409
    assert trust.api("POST", "/consents", {**body, "notice": 1, "recipient_classes": ["martian"]}, who).status == 422
    item = [i for i in trust.api("GET", "/consents?pool=air", who=who).json["items"] if i["purpose"] == "RES.ACADEMIC"][0]
    receipt = trust.api("GET", f"/consents/{item['id']}/receipt", who=who).json
    assert receipt["record"]["dpv:hasConsentStatus"] == "dpv:ConsentGiven" and receipt["jws"].count(".") == 2
    assert trust.api("GET", f"/consents/{item['id']}/receipt", who=trust.members[2]).status == 404
    leaves = trust.sql("SELECT payload ->> 'id' FROM log.outbox WHERE payload ->> 'type' = 'consent'")
    assert leaves and all(who not in leaf[0] for leaf in leaves)


def test_events_and_signed_things_cannot_be_changed(trust, grant):
    for text in ("UPDATE licensing.consent_event SET state = 'given'", "DELETE FROM licensing.evaluation", "TRUNCATE licensing.grant_event",
                 "UPDATE licensing.agreement SET purpose = 'PG.EDU'", "UPDATE licensing.data_grant SET purpose = 'PG.EDU', epoch = epoch + 1",
                 "UPDATE licensing.terms SET doc = '{}'"):
        with pytest.raises(psycopg2.Error):
            trust.sql(text)


def test_terms_that_break_the_rules_are_refused(trust, terms):
    wrong = make_terms(version=2)
    wrong["rules"][0] = {**wrong["rules"][0], "columns": {"lat": "keep"}, "notice_floor": 2}
    saved = trust.api("POST", "/terms", {"doc": wrong}, trust.members[2])
    assert saved.status == 201 and saved.json["review"]["errors"], saved
    assert trust.sql("SELECT licensing.check_terms(%s)", json.dumps(wrong))[0][0]["errors"]
    unseen = make_terms(version=2, valid={"from": "2026-01-01T00:00:00Z", "until": "2029-01-01T00:00:00Z"})
    assert "not reviewed" in trust.sql("SELECT licensing.check_terms(%s)", json.dumps(unseen))[0][0]["errors"][0]["detail"]
    wider = make_terms(version=2)
    wider["rules"][0] = {**wider["rules"][0], "max_days": 400}
    saved = trust.api("POST", "/terms", {"doc": wider}, trust.members[2])
    assert saved.json["review"]["narrowing"]["wider"] and any("notice_floor" in e["pointer"] for e in saved.json["review"]["errors"]), saved
    compared = trust.api("GET", f"/terms/{saved.json['id']}/compare?with={terms['id']}", who=trust.members[2])
    assert compared.status == 200 and compared.json["wider"], compared


def test_a_denied_application_names_the_rule(trust, consents, university):
    org, person = university
    application = apply(trust, trust.session(person, org), purpose="X.CREDIT")
    assert application["state"] == "refused" and application["reasons"] == ["X1"], application
    assert any(i["application_id"] == application["id"] and i["reasons"] == ["X1"] for i in trust.api("GET", "/register/refusals").json["items"])
    trial = trust.api("POST", "/policy/evaluate", {"pool": "air", "purpose": "RES.ACADEMIC", "action": "read", "mode": "download", "region": "DE",
                                                   "columns": ["lat"]}, trust.session(person, org))
    assert trial.status == 200 and trial.json["decision"] == "permit" and trial.json["explain"], trial


def test_a_second_application_needs_no_council(trust, grant, university):
    org, person = university
    application = apply(trust, trust.session(person, org))
    assert application["state"] == "offered", application
    again = trust.api("POST", f"/applications/{application['id']}/submit", {}, trust.session(person, org))
    assert again.status == 409
    assert trust.api("GET", f"/applications/{application['id']}", who=trust.members[4]).status == 404
    assert trust.api("POST", f"/applications/{application['id']}/decline", {}, trust.session(person, org)).json["state"] == "withdrawn"


def test_tokens_follow_rfc_6749_and_die_with_the_grant(trust, grant, university):
    org, person = university
    session = trust.session(person, org)
    client, token = client_token(trust, session, "grant:" + grant)
    assert token.status == 200 and token.json["token_type"] == "Bearer" and token.json["expires_in"] <= 600, token
    claims = json.loads(base64.urlsafe_b64decode(token.json["access_token"].split(".")[1] + "=="))
    assert claims["grant"] == grant and claims["aud"] == "metering" and claims["epoch"] == 2 and claims["actions"] == ["read"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"grant_type=client_credentials&scope=grant:{grant}&client_id={client['client_id']}&client_secret="
    wrong = trust.ask("POST", "/licensing/v1/oauth/token", body + "no", headers=form, raw=True)
    assert wrong.status == 401 and wrong.json["error"] == "invalid_client" and "Basic" in wrong.headers["WWW-Authenticate"]
    right = body + client["client_secret"]
    for change, error in ((right.replace("grant:" + grant, "grant:" + str(uuid.uuid4())), "invalid_scope"),
                          (right.replace("grant:" + grant, "usage"), "unauthorized_client"),
                          (right.replace("client_credentials", "password"), "unsupported_grant_type"), (right + "&scope=x", "invalid_request")):
        answer = trust.ask("POST", "/licensing/v1/oauth/token", change, headers=form, raw=True)
        assert answer.status == 400 and answer.json["error"] == error, answer
    gone = trust.ask("POST", "/licensing/v1/oauth/revoke", f"token={token.json['access_token']}&client_id={client['client_id']}&client_secret="
                     + client["client_secret"], headers=form, raw=True)
    assert gone.status == 200 and trust.sql("SELECT epoch FROM licensing.data_grant WHERE id = %s", grant)[0][0] == 3
    assert trust.api("POST", f"/grants/{grant}/suspend", {"order": str(uuid.uuid4())}, session).json["type"].endswith("/not_allowed_here")
    assert trust.api("POST", f"/grants/{grant}/suspend", {"order": str(uuid.uuid4())}, trust.board).json["type"].endswith("/order_missing")
    assert trust.sql("SELECT licensing.hold_grant(%s, 'emergency', 'incident', NULL, now() + interval '1 hour')", grant)[0][0]
    assert trust.ask("POST", "/licensing/v1/oauth/token", right, headers=form, raw=True).json["error"] == "invalid_scope"
    assert trust.sql("SELECT (licensing.check_grant(%s, 'read', NULL, 'download')).outcome", grant)[0][0] == "grant_not_active"
    assert trust.sql("SELECT licensing.release_grant(%s, 'emergency', 'over', 'B')", grant)[0][0]
    assert trust.sql("SELECT (licensing.check_grant(%s, 'read', ARRAY['lat'], 'download')).outcome", grant)[0][0] == "ok"
    assert trust.sql("SELECT (licensing.check_grant(%s, 'read', ARRAY['device'], 'download')).outcome", grant)[0][0] == "column_not_granted"
    assert [i["state"] for i in trust.api("GET", "/register").json["items"] if i["grant_id"] == grant] == ["active"]


def test_a_withdrawal_ends_coverage_with_its_commit(trust, grant):
    who = trust.members[3]
    covered = "SELECT count(*) FROM licensing.covered_contribution WHERE member_id = %s"
    id_ = trust.upload(who, CSV)
    assert trust.decided(who, id_)["state"] == "accepted" and trust.sql(covered, who)[0][0] > 0
    before = trust.sql("SELECT epoch FROM licensing.consent_epoch")[0][0]
    gone = trust.api("POST", f"/contributions/{id_}/withdraw", {}, who)
    assert gone.status == 200 and gone.json["state"] == "withdrawn", gone
    all_ = trust.api("POST", "/consents/withdraw-all", {}, who)
    assert all_.status == 200 and all_.json["events"] == 4, all_
    assert trust.sql(covered, who)[0][0] == 0
    assert trust.sql("SELECT epoch FROM licensing.consent_epoch")[0][0] == before + 2


def test_wider_terms_take_a_new_notice_and_old_consent_does_not_count(trust, grant, university):
    org, person = university
    offered = apply(trust, trust.session(person, org))
    assert offered["state"] == "offered"
    doc = make_terms(version=2)
    doc["rules"][0] = {**doc["rules"][0], "max_days": 400, "notice_floor": 2}
    saved = trust.api("POST", "/terms", {"doc": doc}, trust.members[2])
    assert saved.json["review"]["errors"] == [] and saved.json["review"]["consents"]["asked_again"] > 0, saved
    assert trust.sql("SELECT licensing.check_terms(%s)", json.dumps(doc))[0][0] == {"errors": []}
    trust.govern("INSERT INTO governance.terms_version VALUES (%s, 'air', 2, %s, %s, %s, %s, now())", str(uuid.uuid4()), json.dumps(doc),
                 canonical(doc), sha256(canonical(doc)), str(uuid.uuid4()))
    wait_for(lambda: trust.api("GET", "/pools/air").json["notice"] == 2, "notice 2")
    who = trust.members[5]
    asked = [i for i in trust.api("GET", "/consents?pool=air", who=who).json["items"] if i["purpose"] == "RES.ACADEMIC"]
    assert [i["state"] for i in asked] == ["requested"], asked
    refused = wait_for(lambda: (lambda a: a if a["state"] == "refused" else None)(
        trust.api("GET", f"/applications/{offered['id']}", who=trust.session(person, org)).json), "rescinded offer, screened again")
    assert refused["reasons"] == ["core:no-consent"], refused
    again = trust.api("POST", "/consents", {"pool": "air", "purpose": "RES.ACADEMIC", "recipient_classes": ["university"], "state": "renewed",
                                            "notice": 2}, who)
    assert again.status == 201, again
    assert trust.sql("SELECT count(*) FROM licensing.consent_current WHERE permits AND notice = 2")[0][0] == 1


def test_a_prohibition_suspends_at_its_date_and_refuses_new_grants(trust, grant, university):
    org, person = university
    trust.govern("INSERT INTO governance.prohibition (id, purpose, from_at, old_grants_at) VALUES (%s, 'RES', now(), now())", str(uuid.uuid4()))
    wait_for(lambda: trust.sql("SELECT state FROM licensing.data_grant WHERE id = %s", grant)[0][0] == "suspended", "suspension")
    application = apply(trust, trust.session(person, org))
    assert application["state"] == "refused" and application["reasons"][0].startswith("prohibition:"), application
