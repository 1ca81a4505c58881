# SPDX-License-Identifier: AGPL-3.0-or-later
"""What must be refused, clearly: each refusal has its status and slug, says what is wrong and where, and changes nothing. Sign-in, cookies
and forged person tokens are in test_portal.py, hostile queries of a delivery in test_metering.py, the sizes HTTP allows in test_http.py."""
import base64
import json
import subprocess
import time
import urllib.parse
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank import Bank
from cycled import cycled, everything, unchanged
from stack import BIN, DEADLINE, ROOT, Client, copy_database, eventually, free_port, query
from trust import sensor_dialect

GOV, LIC, MET, PAY = "/governance/v1", "/licensing/v1", "/metering/v1", "/payout/v1"
POOL = "air"


@pytest.fixture(scope="module")
def done(stack):
    return cycled(stack)


@pytest.fixture(scope="module")
def trust(done):
    """The trust of the cycle: pools, grants, money, everything is there that a refusal could spoil."""
    return done.trust


@pytest.fixture(scope="module")
def tokens(trust, done):
    return {name: trust.token(name, grant) for name, grant in done.grants.items()}


def slug(answer):
    document = answer.json
    return document.get("type", "").rsplit("/", 1)[-1] if isinstance(document, dict) else ""


def refused(answer, status, expected, *words):
    """A problem document of this status and slug that holds these words; gives it."""
    assert (answer.status, slug(answer)) == (status, expected), answer.raw[:1000]
    assert answer.headers["Content-Type"].startswith("application/problem+json") and answer.headers["X-Request-Id"]
    for word in words:
        assert word in answer.raw.decode(), (word, answer.raw)
    return answer.json


def rows_as(trust, token, path=f"{MET}/pools/{POOL}/rows"):
    return Client(trust.base, token).send("GET", path)


# -- configuration --------------------------------------------------------

@pytest.mark.parametrize("text, line, words", [
    ("[common]\nlisten = 127.0.0.1:1\nlissten = x\n", 3, ["common", "lissten"]),
    ("# a comment\n\n[licensing]\nuplod_dir = x\n", 4, ["licensing", "uplod_dir"]),
    ("[comon]\nlisten = x\n", 1, ["comon"]),
    ("[payout]\noutbox = a\noutbox = b\n", 3, ["outbox", "line 2"]),
    ("[common]\nprocesses = many\n", 2, ["processes", "many"]),
    ("[common]\nprocesses\n", 2, ["key = value"]),
    ("listen = x\n", 1, ["[section]"])])
def test_unknown_configuration(tmp_path, text, line, words):
    path = tmp_path / "commonhold.ini"
    path.write_text(text)
    done = subprocess.run([BIN / "commonholdd", "--config", path], capture_output=True, text=True, timeout=DEADLINE)
    said = done.stdout + done.stderr
    assert done.returncode == 78, said
    assert f"{path}:{line}: " in said and all(word in said for word in words), said


# -- founding -------------------------------------------------------------

@pytest.fixture(scope="module")
def unfounded(stack):
    """A migrated database without a trust."""
    copy_database(stack.admin, "refusals_unfounded", "template_trust")
    yield stack.conninfo("refusals_unfounded")
    query(stack.admin, "DROP DATABASE refusals_unfounded WITH (FORCE)")


def found(stack, database, folder, charter):
    path = folder / "charter.json"
    path.write_text(charter if isinstance(charter, str) else json.dumps(charter))
    return subprocess.run([BIN / "commonhold", "found", path, "--config", stack.folder / "commonhold.ini", "--database", database],
                          capture_output=True, text=True, timeout=DEADLINE)


def state_of(database):
    return query(database, "SELECT (SELECT count(*) FROM governance.charter), (SELECT count(*) FROM governance.member), "
                           "(SELECT count(*) FROM governance.rule_version), (SELECT count(*) FROM log.outbox), "
                           "(SELECT string_agg(sha256, ' ') FROM governance.charter)")


def demo_charter():
    return json.loads((ROOT / "deploy" / "demo" / "charter.json").read_text())


@pytest.mark.parametrize("change, pointer", [
    (lambda d: d.update(surplus=1), "/surplus"),
    (lambda d: d["durations"].update(sponsor_second=1), "/durations/sponsor_second"),
    (lambda d: d["rules"][2].update(quorum=1), "/rules/2/quorum"),
    (lambda d: d["rules"][0].update(q_num=6), "/rules/0/q_num"),
    (lambda d: d["rules"][1].update(method="lottery"), "/rules/1/method"),
    (lambda d: d["rules"][0].update(voting_seconds=-5), "/rules/0/voting_seconds"),
    (lambda d: d["benefit_rule"]["steps"][0].update(num=101), "/benefit_rule/steps/0"),
    (lambda d: d["founders"][0].update(email="nobody"), "/founders/0/email")])
def test_charter_that_is_not_right(stack, unfounded, tmp_path, change, pointer):
    before = state_of(unfounded)
    charter = demo_charter()
    change(charter)
    made = found(stack, unfounded, tmp_path, charter)
    assert made.returncode == 2 and made.stdout == ""
    errors = json.loads(made.stderr)["errors"]
    assert any(e["pointer"].startswith(pointer) and e["detail"] for e in errors), errors
    assert state_of(unfounded) == before and before[0][0] == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema":"commonhold-charter/1","schema":"commonhold-charter/1"}', "\u00ff"],
                         ids=["empty", "open", "list", "twice", "no-json"])
def test_charter_that_is_none(stack, unfounded, tmp_path, text):
    made = found(stack, unfounded, tmp_path, text)
    assert made.returncode == 2 and made.stderr.strip() and made.stdout == ""
    assert state_of(unfounded)[0][0] == 0


def test_second_founding(stack, unfounded, tmp_path):
    assert found(stack, unfounded, tmp_path, demo_charter()).returncode == 0
    before = state_of(unfounded)
    for charter in (demo_charter(), {**demo_charter(), "name": "Another trust"}):
        again = found(stack, unfounded, tmp_path, charter)
        assert again.returncode == 2 and "already_founded" in again.stderr and again.stdout == ""
    assert state_of(unfounded) == before and before[0][0] == 1


# -- the database away ----------------------------------------------------

def test_database_down_at_start(stack, trust, tmp_path):
    path = tmp_path / "commonhold.ini"
    text = trust.config.read_text().replace(f"host={stack.socket}", f"host={tmp_path}").replace("[common]\n", "[common]\nstart_seconds = 6\n")
    text = text.replace(f"listen = 127.0.0.1:{trust.port}", f"listen = 127.0.0.1:{free_port()}")
    path.write_text(text.replace("passfile = secrets", f"passfile = {stack.folder}/secrets"))
    start = time.monotonic()
    made = subprocess.run([BIN / "commonholdd", "--config", path], capture_output=True, text=True, timeout=DEADLINE)
    said = made.stdout + made.stderr
    assert made.returncode == 69 and time.monotonic() - start > 5.5, said[-3000:]
    # Said after the first second and then at each fifth.
    assert said.count("waiting for the database") == 2 and "did not answer in start_seconds" in said, said[-3000:]


def test_database_down_at_work(stack):
    made = stack.trust(sign_in=False, settings={"common": {"pool_wait_ms": 500}})
    body = {"class": "U", "display_name": "Noa Berg", "email": "noa@members.example"}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    query(stack.admin, f"ALTER DATABASE {made.name} WITH ALLOW_CONNECTIONS false")
    query(stack.admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", made.name)
    try:
        for _ in range(2):
            answer = made.public.send("GET", f"{GOV}/charters/current")
            refused(answer, 503, "unavailable")
            assert int(answer.headers["Retry-After"]) > 0
        refused(made.public.send("POST", f"{GOV}/membership-applications", body, key), 503, "unavailable")
        assert made.public.send("GET", "/healthz").status == 200 and made.public.send("GET", "/readyz").status == 503
        assert made.daemon.process.poll() is None
    finally:
        query(stack.admin, f"ALTER DATABASE {made.name} WITH ALLOW_CONNECTIONS true")
    eventually("reading again", lambda: made.public.get(f"{GOV}/charters/current").status == 200)
    assert made.sql("SELECT count(*) FROM governance.person WHERE display_name = 'Noa Berg'")[0][0] == 0
    first = eventually("writing again", lambda: made.public.post(f"{GOV}/membership-applications", body, headers=key))
    again = made.public.post(f"{GOV}/membership-applications", body, headers=key)
    assert first.status == 201 and again.json["id"] == first.json["id"]
    eventually("ready again", lambda: made.public.send("GET", "/readyz").status == 200)
    made.wait_sql("the worker to go on by itself", "SELECT bool_and(EXISTS (SELECT FROM log.entry AS e WHERE e.outbox_id = o.id)) FROM log.outbox AS o "
                  "WHERE o.topic = 'leaf'")
    stack.release(made)


# -- tokens of programs ---------------------------------------------------

def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def with_claims(stack, token, key=None, **claims):
    """The token with other claims, signed by the trust's own key unless another is given."""
    head, body, _ = token.split(".")
    key = key or Ed25519PrivateKey.from_private_bytes(base64.b64decode(stack.secret("client.key")))
    signed = head + "." + b64(json.dumps({**json.loads(unb64(body)), **claims}).encode())
    return signed + "." + b64(key.sign(signed.encode()))


def test_tokens_of_programs(stack, trust, tokens, done):
    now, good = int(time.time()), tokens["uni"]
    own = f"{MET}/grants/{done.grants['uni']}/usage"
    assert rows_as(trust, with_claims(stack, good, iat=now, exp=now + 60), own).status == 200, "the control of what follows"
    with unchanged(trust):
        for bad in (with_claims(stack, good, iat=now - 700, exp=now - 1), with_claims(stack, good, iss="https://other.example"),
                    with_claims(stack, good, aud="payout"), with_claims(stack, good, key=Ed25519PrivateKey.generate()),
                    good[:-6] + "AAAAAA", good.rsplit(".", 1)[0] + "."):
            for path in (own, f"{MET}/pools/{POOL}/rows"):
                answer = rows_as(trust, bad, path)
                refused(answer, 401, "token_refused")
                assert "Bearer" in answer.headers["WWW-Authenticate"]
        head, body, signature = good.split(".")
        stolen = b64(json.dumps({**json.loads(unb64(body)), "grant": done.grants["startup"]}).encode())
        refused(rows_as(trust, f"{head}.{stolen}.{signature}"), 401, "token_refused")
        refused(Client(trust.base).send("GET", own), 401, "not_signed_in")


def test_token_of_another_trust(stack, trust, tokens):
    """Two trusts with the same keys: the issuer keeps them apart."""
    other = stack.trust(sign_in=False)
    refused(rows_as(other, tokens["uni"]), 401, "token_refused")
    refused(Client(other.base, trust["ada"].cookies["ch_token"]).send("GET", f"{GOV}/notices"), 401, "token_refused")
    stack.release(other)


# -- requests -------------------------------------------------------------

def test_body_over_the_limit(trust):
    draft = {"type": "policy", "title": "Long", "text": "x" * (1 << 20), "effect": {"schema": "policy_text", "document": {}}}
    with unchanged(trust):
        refused(trust["ada"].send("POST", f"{GOV}/proposals", draft), 413, "too_large")
    assert trust["ada"].get(f"{GOV}/notices").status == 200


def test_key_with_another_body(trust):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    schema = {"fields": [{"name": "level", "type": "number", "ch:sensitivity": "none"}]}
    body = {"ref": "quay-noise", "title": "Noise of the quay", "schema": schema}
    first = trust["lin"].post(f"{LIC}/pools", body, headers=key)
    with unchanged(trust):
        refused(trust["lin"].send("POST", f"{LIC}/pools", {**body, "title": "Another title"}, key), 409, "idempotency_conflict")
        again = trust["lin"].post(f"{LIC}/pools", body, headers=key)
    assert again.json == first.json
    with unchanged(trust):
        refused(trust["lin"].send("POST", f"{LIC}/pools", body), 409, "ref_taken")


WANTED = {"pool": POOL, "purpose": "PG.HEALTH", "actions": ["read"], "columns": ["at", "pm10"], "modes": ["download"], "region": "IE",
          "duration_days": 30, "project": "A project of the tests."}


@pytest.mark.parametrize("who, method, path, body", [
    ("nobody", "GET", f"{LIC}/pools/nowhere", None),
    ("member", "POST", f"{LIC}/contributions", {"pool": "nowhere"}),
    ("member", "POST", f"{LIC}/consents", {"pool": "nowhere", "purpose": "PG", "recipient_classes": ["university"], "state": "given",
                                           "type": "expressed", "notice": 1, "language": "en"}),
    ("uni", "POST", f"{LIC}/applications", {**WANTED, "pool": "nowhere"}),
    ("tess", "POST", f"{MET}/seals", {"pool": "nowhere", "month": "2026-01"})])
def test_unknown_pool(done, trust, who, method, path, body):
    if path.endswith("/contributions"):
        body = {**body, "format": "csv", "dialect": {}, "provenance": {
            "source": "device", "software": "x", "period": {"from": "2026-05-04", "until": "2026-05-04"}, "method": "m", "processing": "none"},
            "licence": {"kind": "own_data", "charter_version": 1}}
    person = trust.public if who == "nobody" else trust[done.sensors[1] if who == "member" else who]
    with unchanged(trust):
        refused(person.send(method, path, body), 404, "not_found")


def test_nothing_to_distribute_in_an_unknown_pool(trust):
    with unchanged(trust):
        refused(trust["tess"].send("POST", f"{PAY}/runs", {"pool": "nowhere", "month": "2026-01"}), 409, "nothing_to_distribute")


def screened(trust, **changed):
    identifier = trust.apply("uni", **{**WANTED, **changed})
    return trust.wait_application("uni", identifier, ["refused", "council_review", "offered"])


def test_unknown_purpose(trust):
    """Saving never judges words; the policy does, and says which word."""
    for purpose, reason in (("PG.NOSUCH", "core:purpose-unknown"), ("PG", "core:purpose-not-assignable"), ("x'; --", "core:purpose-unknown")):
        answer = screened(trust, purpose=purpose)
        assert answer["state"] == "refused" and answer["reasons"] == [reason] and answer["offer_id"] is None, answer
    with unchanged(trust):
        given = trust[sorted(n for n in trust.people if n.startswith("s"))[1]].send("POST", f"{LIC}/consents", {
            "pool": POOL, "purpose": "PG.NOSUCH", "recipient_classes": ["university"], "state": "given", "type": "expressed", "notice": 1,
            "language": "en"})
        refused(given, 422, "invalid", "/purpose")


def test_direct_identifier_is_not_delivered(trust, tokens):
    with unchanged(trust):
        for query_ in ("select=sensor_id", "select=at,location", "sensor_id=eq.70000", "select=contribution_id", "select=*"):
            refused(rows_as(trust, tokens["uni"], f"{MET}/pools/{POOL}/rows?{query_}"), 403, "column_not_granted")


def test_direct_identifier_is_not_licensed(trust):
    """Terms drop it: asked for alone it is refused, asked for among others it is not in what is offered."""
    alone = screened(trust, columns=["sensor_id", "location"])
    assert alone["state"] == "refused" and alone["reasons"] == ["core:no-columns"], alone
    among = screened(trust, columns=["at", "pm10", "sensor_id"])
    assert among["state"] == "offered", among
    offer = trust["uni"].get(f"{LIC}/offers/{among['offer_id']}").json
    assert sorted(column["name"] for column in offer["offer"]["columns"]) == ["at", "pm10"], offer["offer"]
    trust["uni"].post(f"{LIC}/applications/{among['id']}/decline")


def test_quota_reached(trust, tokens, done):
    with unchanged(trust):
        answer = rows_as(trust, tokens["startup"])
        refused(answer, 429, "quota_reached", "rows", "reset_at")
    seconds = int(answer.headers["Retry-After"])
    assert 0 < seconds <= 31 * 86400
    quotas = rows_as(trust, tokens["startup"], f"{MET}/grants/{done.grants['startup']}/usage").json["quotas"]
    assert quotas[0]["used"] == quotas[0]["limit"] == done.quota and quotas[0]["reset_at"].endswith("-01T00:00:00Z")


def test_what_belongs_to_another_licensee(trust, tokens, done):
    """404 as for what is not there: nobody learns what others hold."""
    mine = {d["id"] for d in everything(Client(trust.base, tokens["startup"]), f"{MET}/deliveries")}
    theirs = {str(row[0]) for row in trust.sql("SELECT id FROM metering.delivery WHERE grant_id = %s", done.grants["uni"])}
    assert mine and theirs and not mine & theirs
    agreement, application = trust.sql("SELECT a.id::text, o.application_id::text FROM licensing.data_grant AS g JOIN licensing.agreement AS a "
                                       "ON a.id = g.agreement_id JOIN licensing.offer AS o ON o.id = a.offer_id WHERE g.id = %s", done.grants["uni"])[0]
    with unchanged(trust):
        for path in (f"{MET}/grants/{done.grants['uni']}/usage", f"{MET}/grants/{uuid.uuid4()}/usage", f"{MET}/deliveries/{theirs.pop()}",
                     f"{MET}/deliveries/{uuid.uuid4()}"):
            refused(rows_as(trust, tokens["startup"], path), 404, "not_found")
        for path in (f"{LIC}/grants/{done.grants['uni']}", f"{LIC}/agreements/{agreement}", f"{LIC}/applications/{application}",
                     f"{LIC}/applications/{application}/events"):
            refused(trust["startup"].send("GET", path), 404, "not_found")
        refused(trust["uni"].send("GET", f"{PAY}/invoices/{done.invoices[0]['id']}"), 404, "not_found")
        # a pool the token is not for looks the same whether it exists or not
        there, not_there = (rows_as(trust, tokens["uni"], f"{MET}/pools/{ref}/rows") for ref in ("quay-noise", "nowhere"))
        assert there.status == not_there.status and slug(there) == slug(not_there) and there.status in (403, 404)


def test_token_for_a_grant_of_another(trust, done):
    client = trust["uni"].post(f"{LIC}/clients", {"name": "a curious reader"}).json
    with unchanged(trust):
        form = (f"grant_type=client_credentials&scope=grant:{done.grants['startup']}&client_id={client['client_id']}"
                f"&client_secret={urllib.parse.quote(client['client_secret'])}")
        answer = trust.public.send("POST", f"{LIC}/oauth/token", raw=form.encode(),
                                   headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status == 400 and answer.json["error"] == "invalid_scope"


# -- files ----------------------------------------------------------------

GOOD = "70137;SDS011;4001;53.344;-6.221;2026-05-04T10:00:00;11.5;;;6.25;;"
HEAD = "sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2"


def other_cell(number, text):
    cells = GOOD.split(";")
    cells[number] = text
    return ";".join(cells)


@pytest.mark.parametrize("lines, line, column", [
    ([HEAD, GOOD, other_cell(6, "12,7x")], 3, "pm10"), ([HEAD, other_cell(5, "2026-02-30T10:00:00")], 2, "at"),
    ([HEAD, other_cell(6, "")], 2, "pm10"), ([HEAD, GOOD, GOOD.replace(";6.25", ";NaN")], 3, "pm25"),
    ([HEAD, other_cell(0, "9999999999999999999999")], 2, "sensor_id"), ([HEAD, GOOD + ";surplus"], 2, None),
    ([HEAD, GOOD.rsplit(";", 3)[0]], 2, None), ([HEAD.replace("P1;", "P9;", 1), GOOD], 1, None), ([HEAD, GOOD, GOOD], 3, None),
    ([HEAD, other_cell(1, '"open')], 2, None)],
    ids=["type", "date", "required", "nan", "range", "surplus-cell", "missing-cell", "unknown-column", "twice", "open-quote"])
def test_file_with_a_bad_row(trust, done, lines, line, column):
    owner, table = done.sensors[1], trust.sql("SELECT 'pooldata.' || pooldata.table_name(pool_id) FROM licensing.pool WHERE ref = %s", POOL)[0][0]
    before = trust.sql(f"SELECT count(*), max(row_id) FROM {table}")
    identifier = trust.contribute(owner, POOL, ("\n".join(lines) + "\n").encode(), "2026-05-04_bad.csv", dialect=sensor_dialect())
    assert trust.wait_decided(owner, identifier)["state"] == "rejected"
    errors = everything(trust[owner], f"{LIC}/contributions/{identifier}/errors")
    assert errors[0]["line"] == line and errors[0]["reason"], errors
    assert column is None or errors[0]["column"] == column, errors
    assert trust.sql(f"SELECT count(*), max(row_id) FROM {table}") == before
    assert trust.sql(f"SELECT count(*) FROM {table} WHERE contribution_id = %s", identifier)[0][0] == 0


def send_statement(trust, content):
    return trust["tess"].send("POST", f"{PAY}/bank-statements", raw=content, headers={"Content-Type": "application/xml"})


def test_statement_that_does_not_add_up(trust, done):
    bank = Bank(done.bank.iban, "Harbour Air Trust", done.bank.balance)
    bank.number = done.bank.number
    bank.receive(1000, "Somebody", "RF18539007547034")
    content = bank.statement()
    before, after = done.bank.balance, done.bank.balance + 1000
    closing, opening = (f"{minor // 100}.{minor % 100:02d}".encode() for minor in (after, before))
    assert content.count(closing) == 1 and content.count(opening) == 1
    with unchanged(trust):
        refused(send_statement(trust, content.replace(closing, b"1.00")), 422, "chain_broken", "closing balance", "line ")
        refused(send_statement(trust, content.replace(opening, b"7.77").replace(closing, b"17.77")), 422, "chain_broken", "777", str(before))
        refused(send_statement(trust, content.replace(b"10.00</Amt>", b"11.00</Amt>")), 422, "chain_broken")
        refused(send_statement(trust, content[:len(content) // 2]), 422, "invalid")


def test_second_import_of_the_same_statement(trust):
    files = trust.sql("SELECT e.bytes, s.statement_ref FROM payout.bank_statement AS s JOIN payout.evidence AS e ON e.sha256 = s.file_sha256 ORDER BY s.no")
    assert len(files) == 2
    for content, ref in files:
        with unchanged(trust):
            first, second = (send_statement(trust, bytes(content)) for _ in range(2))
        assert first.status == second.status == 200 and first.outcome == second.outcome == "already_imported"
        assert first.json == second.json and ref in first.raw.decode()
    conflicting = bytes(files[0][0]).replace(b"<CreDtTm>20", b"<CreDtTm>19", 1)
    with unchanged(trust):
        refused(send_statement(trust, conflicting), 409, "statement_conflict")


def test_what_the_cycle_saw_refused(trust, done):
    """A statement that does not add up, the maker's approval, a second approval of one person, a delivery over the quota: each left every
    table as it was (cycled.run_cycle looks), and of the approvals none is the maker's."""
    assert sorted(done.refusals) == ["chain_broken", "quota_reached", "same_person", "same_person"]
    maker, approvers = trust.sql("SELECT b.made_by::text, array_agg(a.member_id::text) FROM payout.batch AS b JOIN payout.approval AS a "
                                 "ON a.batch_id = b.id GROUP BY b.id")[0]
    assert maker == trust["tess"].subject and sorted(approvers) == sorted([trust["ada"].subject, trust["ben"].subject])
    with unchanged(trust):
        refused(trust["tess"].send("POST", f"{PAY}/batches/{done.batch['id']}/release-batch"), 409, "not_allowed_here")
        refused(trust["cem"].send("POST", f"{PAY}/batches", {"account": "main"}), 403, "forbidden")


# -- text that wants to be something else ----------------------------------

HOSTILE = ["Robert'); DROP TABLE governance.member;--", '"; SELECT pg_sleep(9);--', "$$; DELETE FROM payout.txn; $$", "%s %n {0} ${x}", "\\'; --",
           '=HYPERLINK("http://evil.example";"x")', "@SUM(1+1)*cmd|' /C calc'!A0", "<script>alert(1)</script>", "a,b;c\td\"e"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_names(trust, name):
    """Stored as they are or refused at their field; in no case more than text."""
    email = f"m{uuid.uuid4().hex[:12]}@members.example"
    answer = trust.public.send("POST", f"{GOV}/membership-applications", {"class": "U", "display_name": name, "email": email})
    if answer.status == 422:
        assert "/display_name" in answer.raw.decode()
    else:
        assert answer.status == 201
        assert trust["mo"].get(f"{GOV}/members/{answer.json['id']}").json["display_name"] == name
    made = trust.public.send("POST", f"{LIC}/organisations", {
        "name": name, "country": "IE", "class": "company", "person": name, "email": f"o{uuid.uuid4().hex[:12]}@org.example",
        "address": {"street": name, "postal_code": "1", "city": name, "country": "IE"}})
    assert made.status in (201, 422), made.raw
    if made.status == 201:
        listed = everything(trust["lin"], f"{LIC}/organisations")
        assert name in [o["name"] for o in listed]
        assert trust["lin"].get(f"{LIC}/organisations").headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["a\u0000b", "line\r\nSet-Cookie: x=1", "", " ", "x" * 5000],
                         ids=["nul", "lines", "empty", "blank", "long"])
def test_names_that_are_none(trust, name):
    with unchanged(trust):
        answer = trust.public.send("POST", f"{GOV}/membership-applications", {"class": "U", "display_name": name, "email": f"n{uuid.uuid4().hex[:12]}@members.example"})
        assert (answer.status, slug(answer)) in ((422, "invalid"), (400, "not_json")), answer.raw
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", [
    f"{LIC}/pools/air'%20OR%201=1--", f"{LIC}/pools/%22;DROP%20TABLE%20licensing.pool;--", f"{LIC}/pools/..%2f..%2fetc%2fpasswd",
    f"{GOV}/members/1%20OR%201=1", f"{GOV}/proposals/'", f"{GOV}/members?after='%20OR%20true--", f"{GOV}/members?limit=1;DROP",
    f"{GOV}/proposals?type=x'%20OR%20'1'='1", f"{LIC}/pools?after=%00", f"{LIC}/register?after=1)%20OR%20(1=1", "/log/tile/0/000'--",
    f"{GOV}/offices?body=board'%20OR%20'1'='1"])
def test_hostile_addresses(trust, path):
    with unchanged(trust):
        before = len(trust.log_text())
        answer = trust["ada"].send("GET", path)
        assert answer.status in (400, 404, 422) or (answer.status == 200 and answer.json["items"] == []), answer.raw[:300]
        assert "level=error" not in trust.log_text()[before:]


def test_hostile_file_names_stay_names(trust, done):
    owner = done.sensors[1]
    for name in ("../../../../tmp/commonhold-escaped.csv", "a\nb.csv", "'; DROP TABLE licensing.upload;--.csv", "=cmd.csv"):
        contribution = trust[owner].post(f"{LIC}/contributions", {
            "pool": POOL, "format": "csv", "dialect": sensor_dialect(), "provenance": {
                "source": "device", "software": "x", "period": {"from": "2026-05-04", "until": "2026-05-04"}, "method": "m", "processing": "none"},
            "licence": {"kind": "own_data", "charter_version": 1}}).json
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in {
            "contribution": contribution["id"], "filename": name, "sha256": "0" * 64}.items())
        answer = trust[owner].send("POST", f"{LIC}/uploads", raw=b"", headers={
            "Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Metadata": metadata, "Content-Type": "application/offset+octet-stream"})
        assert answer.status in (201, 422, 400), answer.raw
    folder = trust.config.parent / f"uploads-{trust.name}"
    assert all(uuid.UUID(path.name.split(".")[0]) for path in folder.iterdir())
