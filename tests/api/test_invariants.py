# SPDX-License-Identifier: AGPL-3.0-or-later
"""Attacks on the invariants I1 to I10 (docs/architecture.md, section 7) in a trust that has gone through the whole cycle, so that every table
they are about has rows: as each login role, as the owner of the tables, and past the triggers where a superuser can. What governance,
licensing, metering, the journal and the log test on their own is not repeated. Every attack is rolled back, whether it succeeds or not."""
import concurrent.futures
import contextlib
import json

import psycopg2
import pytest

from cycled import cycled
from stack import Client, Problem, eventually

GOV, MET, PAY = "/governance/v1", "/metering/v1", "/payout/v1"
LOGINS = ["ch_governance", "ch_licensing", "ch_metering", "ch_payout", "ch_log", "ch_portal", "ch_worker", "ch_audit"]
SCHEMAS = ["governance", "licensing", "pooldata", "metering", "payout", "log", "portal", "job", "audit", "migrate"]
#: A privilege that is missing; a guard that speaks; a constraint.
DENIED, GUARDED = "42501", ("23001", "23514")


@pytest.fixture(scope="module")
def done(stack):
    return cycled(stack)


@pytest.fixture(scope="module")
def trust(done):
    return done.trust


class Session:
    """One transaction as somebody, always rolled back; each statement behind a savepoint."""

    def __init__(self, cursor):
        self.cursor = cursor

    def code(self, *statements):
        """SQLSTATE of the statements, None when they all went through; constraints that wait for the commit are asked at once."""
        self.cursor.execute("SAVEPOINT attack")
        try:
            for statement in statements:
                self.cursor.execute(statement)
            self.cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            return None
        except psycopg2.Error as error:
            return error.pgcode
        finally:
            self.cursor.execute("ROLLBACK TO SAVEPOINT attack")

    def rows(self, statement):
        self.cursor.execute(statement)
        return self.cursor.fetchall()


@contextlib.contextmanager
def session(trust, role=None, owner=None, replica=False):
    connection = psycopg2.connect(trust.database.replace("user=commonhold", f"user={role}") if role else trust.database)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '10s'")
            if replica:
                cursor.execute("SET session_replication_role = replica")
            if owner:
                cursor.execute(f"SET ROLE ch_{owner}_owner")
            yield Session(cursor)
    finally:
        connection.rollback()
        connection.close()


def tables(trust, schemas=None):
    """(schema.table, its first column that can be written) of every table and partition."""
    return trust.sql("SELECT format('%%I.%%I', n.nspname, c.relname), (SELECT quote_ident(a.attname) FROM pg_attribute AS a WHERE a.attrelid = c.oid "
                     "AND a.attnum > 0 AND a.attidentity = '' AND a.attgenerated = '' AND NOT a.attisdropped ORDER BY a.attnum LIMIT 1) "
                     "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY(%s) "
                     "ORDER BY 1", schemas or SCHEMAS)


# -- login roles: nothing but what sql/grants says --------------------------

def may_write(login, table, deed):
    """What sql/grants gives a login role beyond functions: rows of pools and, copied, the lines of a run that is being computed (payout.check_lines)
    to the worker, findings to the auditor, and usage events, which are copied, to metering."""
    if login == "ch_worker":
        return deed == "INSERT" and (table.startswith("pooldata.") or table == "payout.run_line")
    if login == "ch_metering":
        return (table, deed) == ("metering.usage_event", "INSERT")
    if login == "ch_audit":
        return table.startswith("audit.") and (deed != "TRUNCATE" or ".work_" in table) and (
            deed != "DELETE" or not table.endswith((".finding", ".run"))) and (deed != "UPDATE" or not table.endswith(".run"))
    return False


@pytest.mark.parametrize("login", LOGINS)
def test_login_roles_write_nothing(trust, login):
    """UPDATE, DELETE, TRUNCATE and INSERT on every table there is: ballots, journal, usage, consents, invoices, log, all of them."""
    found = tables(trust)
    assert len(found) > 100 and {"payout.posting_" + trust.sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')")[0][0]} <= {t for t, _ in found}
    with session(trust, login) as s:
        for table, column in found:
            for deed, statement in (("UPDATE", f"UPDATE {table} SET {column} = {column} WHERE false"),
                                    ("DELETE", f"DELETE FROM {table} WHERE false"), ("TRUNCATE", f"TRUNCATE {table} CASCADE"),
                                    ("INSERT", f"INSERT INTO {table} DEFAULT VALUES")):
                if not may_write(login, table, deed):
                    assert s.code(statement) == DENIED, statement


@pytest.mark.parametrize("login", LOGINS)
def test_login_roles_become_nobody_else(trust, login):
    roles = [r[0] for r in trust.sql("SELECT rolname FROM pg_roles WHERE rolname ~ '^ch_' AND rolname <> %s UNION SELECT 'commonhold'", login)]
    with session(trust, login) as s:
        for role in roles:
            assert s.code(f"SET ROLE {role}") == DENIED, role
        for statement in ("SET session_replication_role = replica", "CREATE SCHEMA mine", "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                          "CREATE TABLE payout.mine (i int)", "COPY (SELECT 1) TO PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')",
                          "ALTER TABLE payout.txn DISABLE TRIGGER ALL", "DROP TABLE payout.posting", "ALTER ROLE ch_payout SUPERUSER"):
            assert s.code(statement) == DENIED, statement


#: Secrets and persons: who may read what of them. Everybody else goes through functions, which say who is asking.
CLOSED = {"governance.person": (), "portal.account": (), "portal.sign_in": (), "portal.totp_key": (), "portal.invite": (), "portal.failure": (),
          "licensing.client_secret": (), "licensing.consent_salt": (), "licensing.person_of_organisation": (), "payout.member_key": (),
          "payout.payee_salt": (), "payout.run_salt": (), "payout.payee_account": (), "metering.grant_key": ("ch_worker",), "log.idempotency": ()}


@pytest.mark.parametrize("login", LOGINS)
def test_secrets_and_persons_are_closed(trust, login):
    with session(trust, login) as s:
        for table, readers in CLOSED.items():
            assert login in readers or s.code(f"SELECT * FROM {table}") == DENIED, table
        if login != "ch_audit":
            assert s.code("SELECT member_id, minor FROM payout.run_line") == DENIED
        assert s.code("SELECT sealed FROM payout.payee_account") in (DENIED, "42703")


#: What only functions may call: each of these would get around a decision.
INNER = ["payout.post(jsonb, jsonb)", "payout.move_batch(uuid, text, uuid, text)", "governance.move_proposal", "governance.enact_proposal",
         "governance.apply_effect", "governance.write_person", "governance.write_standing", "licensing.append_consent", "licensing.make_grant",
         "licensing.move_grant", "metering.rebuild_day", "metering.seal_usage", "log.append_leaf", "log.register_key", "portal.make_invite",
         "payout.store_evidence", "payout.save_result", "log.store_sequence", "licensing.store_screening", "governance.store_tally", "job.enqueue"]
WORKER = {"payout.save_result", "log.store_sequence", "licensing.store_screening", "governance.store_tally"}


@pytest.mark.parametrize("login", LOGINS)
def test_inner_functions_are_closed(trust, login):
    for name in INNER:
        name = name.split("(")[0]
        found = trust.sql("SELECT has_function_privilege(%s, p.oid, 'EXECUTE') FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace "
                          "WHERE n.nspname || '.' || p.proname = %s", login, name)
        assert found and all(may is (login == "ch_worker" and name in WORKER) for may, in found), (login, name, found)


# -- owners and superusers: history does not change --------------------------

#: Tables whose rows never change (I1, I2, I4, I5, I6, I8), by the schema that owns them.
APPEND_ONLY = {
    "governance": ["charter", "standing", "proposal_version", "proposal_event", "sponsor", "roll_head", "named_vote", "tally", "office", "rule_version",
                   "terms_version", "pool_charter", "benefit_rule", "prohibition", "council_vote", "opinion"],
    "licensing": ["pool_version", "notice", "organisation_class", "attestation", "consent_event", "contribution_error", "terms_review", "terms_enacted",
                  "step", "application_event", "evaluation", "offer", "agreement", "agreement_signature", "grant_event"],
    "metering": ["closed_month", "seal", "sealed_usage", "grant_key"],
    "payout": ["txn", "posting", "txn_ref", "evidence", "invoice_line", "invoice_vat", "revenue_slice", "receipt", "receipt_slice", "rating",
               "rated_seal", "bank_statement", "bank_entry", "entry_match", "run_line", "payee_account", "payee_account_event", "approval", "batch_event"]}


@pytest.mark.parametrize("replica", [False, True], ids=["origin", "replica"])
@pytest.mark.parametrize("schema", sorted(APPEND_ONLY))
def test_history_does_not_change(trust, schema, replica):
    columns = dict(tables(trust, [schema]))
    with session(trust, owner=schema, replica=replica) as s:
        for table in APPEND_ONLY[schema]:
            name = f"{schema}.{table}"
            assert s.rows(f"SELECT count(*) FROM {name}")[0][0] > 0, f"{name} is empty: the attack would prove nothing"
            for statement in (f"UPDATE {name} SET {columns[name]} = {columns[name]}", f"DELETE FROM {name}", f"TRUNCATE {name} CASCADE"):
                assert s.code(statement) in GUARDED, (statement, s.code(statement))


#: What moves on, but only forward: (owner, statement).
FORWARD = [
    ("governance", "UPDATE governance.proposal SET state = 'voting' WHERE state = 'in_force'"),
    ("governance", "DELETE FROM governance.proposal"), ("governance", "TRUNCATE governance.proposal CASCADE"),
    ("governance", "UPDATE governance.roll SET voted = false WHERE voted"), ("governance", "DELETE FROM governance.roll"),
    ("governance", "UPDATE governance.asset SET disposition = 'held'"), ("governance", "DELETE FROM governance.asset"),
    ("licensing", "UPDATE licensing.data_grant SET purpose = 'COM.RESALE', epoch = epoch + 1"),
    ("licensing", "UPDATE licensing.data_grant SET state = 'active'"), ("licensing", "DELETE FROM licensing.data_grant"),
    ("licensing", "TRUNCATE licensing.data_grant CASCADE"), ("licensing", "UPDATE licensing.terms SET doc = '{}'"),
    ("metering", "UPDATE metering.batch SET rows = rows - 1, counts[1] = counts[1] - 1 WHERE counts[1] > 0"),
    ("metering", "UPDATE metering.batch SET state = 'unsent' WHERE state = 'sent'"), ("metering", "DELETE FROM metering.batch"),
    ("metering", "UPDATE metering.batch SET contributions = contributions[2:] || contributions[1:1] WHERE cardinality(contributions) > 1"),
    ("metering", "TRUNCATE metering.batch"), ("metering", "DELETE FROM metering.delivery"), ("metering", "TRUNCATE metering.delivery CASCADE"),
    ("payout", "UPDATE payout.invoice SET net = net - 1, gross = gross - 1 WHERE no IS NOT NULL"), ("payout", "DELETE FROM payout.invoice"),
    ("payout", "UPDATE payout.invoice SET state = 'draft' WHERE state = 'paid'"), ("payout", "TRUNCATE payout.invoice CASCADE"),
    ("payout", "UPDATE payout.run SET total = total + 1"), ("payout", "UPDATE payout.run SET state = 'computed'"),
    ("payout", "DELETE FROM payout.run"), ("payout", "TRUNCATE payout.run CASCADE"),
    ("payout", "UPDATE payout.batch SET total = total + 1"), ("payout", "UPDATE payout.batch SET state = 'approved'"),
    ("payout", "UPDATE payout.batch SET made_by = (SELECT member_id FROM payout.approval LIMIT 1)"), ("payout", "DELETE FROM payout.batch"),
    ("payout", "TRUNCATE payout.batch CASCADE"), ("payout", "UPDATE payout.payment SET state = 'queued'"),
    ("payout", "UPDATE payout.payment SET minor = minor + 1"), ("payout", "DELETE FROM payout.payment"), ("payout", "TRUNCATE payout.payment CASCADE"),
    ("payout", "DELETE FROM payout.period"), ("payout", "UPDATE payout.period SET month = month + 31"), ("payout", "TRUNCATE payout.period CASCADE")]


@pytest.mark.parametrize("replica", [False, True], ids=["origin", "replica"])
@pytest.mark.parametrize("owner, statement", FORWARD)
def test_what_moves_moves_forward(trust, owner, statement, replica):
    with session(trust, owner=owner, replica=replica) as s:
        code = s.code(statement)
        assert code in GUARDED, code


# -- I1, I2: proposals and votes ----------------------------------------------

@pytest.mark.parametrize("statement", [
    "INSERT INTO governance.terms_version SELECT log.new_id(), pool, version + 1, doc, canonical, sha256, NULL, now() FROM governance.terms_version",
    "INSERT INTO governance.terms_version SELECT log.new_id(), pool, version + 1, doc, canonical, sha256, log.new_id(), now() FROM governance.terms_version",
    "INSERT INTO governance.terms_version SELECT log.new_id(), t.pool, t.version + 1, t.doc, t.canonical, t.sha256, r.proposal_id, now() "
    "FROM governance.terms_version AS t, governance.benefit_rule AS r WHERE r.proposal_id IS NOT NULL",
    "INSERT INTO governance.pool_charter SELECT log.new_id(), pool, version + 1, doc, canonical, sha256, NULL, now() FROM governance.pool_charter"])
def test_only_a_carried_proposal_enacts(trust, statement):
    """The columns are those of the tables: each statement is tried with the one thing wrong that its guard is about."""
    with session(trust, owner="governance") as s:
        columns = {t: [r[0] for r in s.rows(f"SELECT attname FROM pg_attribute WHERE attrelid = 'governance.{t}'::regclass AND attnum > 0 AND NOT "
                                            "attisdropped ORDER BY attnum")] for t in ("terms_version", "pool_charter")}
        assert columns["terms_version"][:7] == ["id", "pool", "version", "doc", "canonical", "sha256", "proposal_id"], columns
        assert columns["pool_charter"][:7] == columns["terms_version"][:7], columns
        assert s.code(statement) in (*GUARDED, "23502", "23503"), s.code(statement)


def test_one_member_one_vote(trust):
    """A member who votes from twelve connections at once, now yes, now no, counts once; who joins after the roll was frozen does not count."""
    proposal = trust.propose("n1", "policy", "A second policy", "Whether the harbour is measured at night too.",
                             {"schema": "policy_text", "text": "Readings are taken at night too."},
                             ["w1", "n2", "w2"])
    trust.wait_state(proposal, ["voting"])
    path = f"{GOV}/proposals/{proposal}/cast-named-vote"
    late = trust.join("late", "C", "Too late", "mo")
    with pytest.raises(Problem) as refused:
        late.post(path, {"choice": "yes"})
    assert (refused.value.status, refused.value.slug) == (403, "not_on_roll")
    browsers = []
    for _ in range(12):
        browser = Client(trust.base)
        browser.cookies = dict(trust["ada"].cookies)
        browsers.append(browser)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda b: [b.post(path, {"choice": c}).outcome for c in ("yes", "no", "yes")], browsers))
    assert answers == [["recorded"] * 3] * 12
    for name in ("ben", "n2"):
        trust[name].post(path, {"choice": "no"})
    trust["ada"].post(path, {"choice": "yes"})
    found = eventually("the count", lambda: (lambda p: p if p.get("tally") else None)(trust.proposal(proposal)))
    counts = found["tally"]["counts"]
    assert sum(c["yes"] for c in counts.values()) == 1 and sum(c["no"] for c in counts.values()) == 2 and sum(c["abstain"] for c in counts.values()) == 0
    assert trust.sql("SELECT count(DISTINCT member_id), bool_and(seq = n) FROM (SELECT member_id, seq, row_number() OVER (PARTITION BY member_id ORDER BY seq) "
                     "AS n FROM governance.named_vote WHERE proposal_id = %s) AS x", proposal) == [(3, True)]
    with pytest.raises(Problem) as refused:
        trust["cem"].post(path, {"choice": "yes"})
    assert refused.value.slug == "voting_not_open"
    trust["late"].post(f"{GOV}/members/{late.subject}/leave")
    del trust.people["late"]


# -- I4, I5, I10: rows and usage ----------------------------------------------

def test_every_row_that_left_was_covered_when_it_left(trust):
    """For each batch and each contribution in it: the last consent event before the commit, for that purpose and class, permits."""
    lines = trust.sql(
        "SELECT count(*), count(*) FILTER (WHERE e.state IN ('given', 'renewed')), count(*) FILTER (WHERE c.state = 'accepted') "
        "FROM metering.batch AS b CROSS JOIN unnest(b.contributions) AS x (no) JOIN licensing.contribution AS c ON c.no = x.no "
        "JOIN licensing.data_grant AS g ON g.id = b.grant_id LEFT JOIN LATERAL (SELECT e.state FROM licensing.consent_event AS e WHERE "
        "e.member_id = c.member_id AND e.pool_id = b.pool_id AND e.recipient_class = g.org_class AND e.at <= b.committed_at AND e.purpose IN "
        "(SELECT p.ancestor FROM licensing.purpose_below AS p WHERE p.code = g.purpose) ORDER BY e.at DESC, e.id DESC LIMIT 1) AS e ON true")
    assert lines[0][0] > 0 and len(set(lines[0])) == 1, lines


def test_rows_are_metered_once(trust):
    copy = ("INSERT INTO metering.batch SELECT (jsonb_populate_record(b, {})).* FROM metering.batch AS b LIMIT 1")
    with session(trust, owner="metering") as s:
        assert s.code(copy.format("'{}'")) == "23505"
        assert s.code(copy.format("jsonb_build_object('no', 77, 'rows', b.rows - 1, 'state', 'committed', 'day', NULL)")) == "23514"
        assert s.code(copy.format("jsonb_build_object('no', 77, 'counts', b.counts || 1, 'state', 'committed', 'day', NULL)")) == "23514"
    assert trust.sql("SELECT * FROM metering.check_usage()") == []
    with session(trust) as s:
        for pool, day in s.rows("SELECT DISTINCT pool_id, day FROM metering.usage_day"):
            assert s.rows(f"SELECT metering.rebuild_day('{pool}', '{day}')") == [(0,)]


# -- I6: the journal -----------------------------------------------------------

HEADER = ("INSERT INTO payout.txn SELECT (jsonb_populate_record(t, jsonb_build_object('txn_id', '00000000-0000-7000-8000-000000000001', 'txn_no', 900000))).* "
          "FROM payout.txn AS t ORDER BY txn_no LIMIT 1")
LINES = ("INSERT INTO payout.posting SELECT (jsonb_populate_record(p, jsonb_build_object('txn_id', '00000000-0000-7000-8000-000000000001', 'minor', p.minor{}))).* "
         "FROM payout.posting AS p WHERE p.txn_id = (SELECT txn_id FROM payout.txn ORDER BY txn_no LIMIT 1)")


def test_a_transaction_that_does_not_sum_to_zero(trust):
    with session(trust, owner="payout") as s:
        assert s.code(HEADER) == "23514"
        assert s.code(HEADER, LINES.format(" + 1")) == "23514"
        assert s.code(HEADER, LINES.format(" * 2")) == "23514", "balanced, but not what the header says"
    with session(trust) as s:
        book = "SELECT (payout.post('{}', '{}')).outcome"
        txn = json.dumps([{"kind": "test", "occurred_on": s.rows("SELECT payout.today()::text")[0][0], "evidence_sha256": "0" * 64}])
        lines = json.dumps([{"txn": 1, "path": "Assets:Bank:main", "minor": 5}, {"txn": 1, "path": "Equity:Fund:Commons", "minor": -4}])
        assert s.code(book.format(txn, lines)) is not None or s.rows(book.format(txn, lines))[0][0] != "posted"


@pytest.mark.parametrize("statement", [
    LINES.format(""),
    "INSERT INTO payout.posting SELECT (jsonb_populate_record(p, jsonb_build_object('line', 99))).* FROM payout.posting AS p LIMIT 1",
    "INSERT INTO payout.posting SELECT p.month, p.owner_id, p.account_id, p.txn_id, 90 + x.i, x.i * p.minor, p.after_minor "
    "FROM (SELECT * FROM payout.posting LIMIT 1) AS p, (VALUES (1), (-1)) AS x (i)"], ids=["no-header", "unbalanced", "balanced"])
@pytest.mark.parametrize("partition", [False, True], ids=["table", "partition"])
def test_nothing_is_added_to_a_transaction(trust, statement, partition):
    """A posting without a header, or beside those a header counts, by somebody who may write the table."""
    if partition:
        month = trust.sql("SELECT to_char(month, 'YYYYMM') FROM payout.txn LIMIT 1")[0][0]
        statement = statement.replace("INTO payout.posting", f"INTO payout.posting_{month}")
    with session(trust, owner="payout") as s:
        code = s.code(statement)
        assert code in GUARDED, code


# -- I8: nothing is sent twice, nor by one person --------------------------------

def test_nothing_is_sent_twice(trust, done):
    tess, path = trust["tess"], f"{PAY}/batches/{done.batch['id']}"
    sent = trust.sql("SELECT count(*) FROM log.outbox WHERE payload ->> 'type' IN ('batch', 'batch_event', 'txn')")
    for step in ("freeze-batch", "release-batch", "cancel-batch"):
        answer = tess.send("POST", f"{path}/{step}", {"reason": "once more"} if step == "cancel-batch" else None)
        assert answer.status in (409, 422), (step, answer.raw)
    answer = tess.send("POST", f"{PAY}/batches", {"account": "main"})
    assert answer.status == 409 and answer.json["type"].endswith("/nothing_to_pay")
    assert trust.sql("SELECT (payout.begin_submission(%s, 'folder')).outcome", done.batch["id"]) == [("not_allowed_here",)]
    trust.sql("SELECT payout.end_submission(%s, 'folder', 'refused', 'once more')", done.batch["id"])
    assert trust.sql("SELECT count(*) FROM log.outbox WHERE payload ->> 'type' IN ('batch', 'batch_event', 'txn')") == sent
    folder = trust.config.parent / f"outbox-{trust.name}"
    files = [f for f in folder.rglob("[!.]*") if f.is_file()]
    assert len(files) == 1 and files[0].read_bytes() == done.pain
    with session(trust, owner="payout") as s:
        copy = "INSERT INTO payout.payment SELECT (jsonb_populate_record(p, {})).* FROM payout.payment AS p LIMIT 1"
        assert s.code(copy.format("'{}'")) == "23505"
        assert s.code(copy.format("jsonb_build_object('id', log.new_id())")) == "23505", "the bank's end-to-end id is used once"
        assert s.code("INSERT INTO payout.txn_ref SELECT kind, external_ref, log.new_id() FROM payout.txn_ref") == "23505"
        assert s.code("INSERT INTO payout.bank_statement OVERRIDING USER VALUE SELECT (jsonb_populate_record(b, jsonb_build_object('id', log.new_id()))).* "
                      "FROM payout.bank_statement AS b") == "23505"


MESSAGE = "CH" + "0" * 26


def test_a_batch_needs_two_others(trust):
    """Even by somebody who may write the tables: approvals by the maker and one other, twice by one, or none at all."""
    new = "00000000-0000-7000-8000-000000000002"
    batch = ("INSERT INTO payout.batch SELECT (jsonb_populate_record(b, jsonb_build_object('id', '" + new + "', 'state', '{}', 'txn_id', NULL, "
             "'message_id', '" + MESSAGE + "'))).* FROM payout.batch AS b")
    approval = ("INSERT INTO payout.approval SELECT (jsonb_populate_record(a, jsonb_build_object('id', log.new_id(), 'batch_id', '" + new + "', "
                "'member_id', {0}, 'key_id', {1}, 'text', payout.approval_text(b, a.office_id, substring(a.text, E'\\nat ([0-9TZ:-]+)\\n$'))))).* "
                "FROM payout.approval AS a, payout.batch AS b WHERE b.id = '" + new + "' ORDER BY a.member_id = {0} DESC LIMIT 1")
    key_of = "(SELECT k.id FROM payout.approver_key AS k WHERE k.member_id = {})".format
    first, last = (f"(SELECT {which}(member_id::text)::uuid FROM payout.approval)" for which in ("min", "max"))
    maker = "(SELECT made_by FROM payout.batch LIMIT 1)"
    approve = f"UPDATE payout.batch SET state = 'approved' WHERE id = '{new}'"
    with session(trust, owner="payout") as s:
        frozen = batch.format("frozen")
        assert s.code(frozen, approve) in GUARDED
        by_first, by_last = (approval.format(who, key_of(who)) for who in (first, last))
        assert s.code(frozen, by_first, approve) in GUARDED, "one is not two"
        assert s.code(frozen, approval.format(maker, key_of(first))) in GUARDED, "the maker"
        assert s.code(frozen, by_first, by_first) == "23505", "one person twice"
        assert s.code(frozen, approval.format(last, key_of(first))) in GUARDED, "another person's key"
        assert s.code(frozen, by_first, by_last, approve) is None, "the control: two others may"
        assert s.code(frozen) is None, "the control: the row itself is acceptable"


# -- I9: all of it is in the log --------------------------------------------------

@pytest.mark.parametrize("kind, objects", [
    ("txn", "SELECT txn_id::text FROM payout.txn"), ("consent", "SELECT id::text FROM licensing.consent_event"),
    ("agreement", "SELECT agreement_id || ':' || party FROM licensing.agreement_signature"), ("invoice", "SELECT id::text FROM payout.invoice WHERE no IS NOT NULL"),
    ("approval", "SELECT id::text FROM payout.approval"), ("run_result", "SELECT run_id FROM payout.run WHERE state = 'posted'"),
    ("run_inputs", "SELECT id::text FROM payout.run"), ("charter", "SELECT 1 FROM governance.charter"), ("terms", None), ("usage", None)])
def test_every_object_has_its_leaf(trust, kind, objects):
    leaves = [r[0] for r in trust.sql("SELECT payload ->> 'id' FROM log.outbox WHERE topic = 'leaf' AND payload ->> 'type' = %s", kind)]
    assert leaves and len(leaves) == len(set(leaves)), "each once"
    if objects and kind not in ("charter", "consent", "invoice"):
        assert sorted(leaves) == sorted(r[0] for r in trust.sql(objects))
    elif objects:
        assert len(leaves) == len(trust.sql(objects))


def test_a_leaf_is_not_in_the_log_without_its_object(trust):
    """A transaction that fails takes its leaf with it."""
    before = trust.sql("SELECT count(*) FROM log.outbox")
    with session(trust) as s:
        s.cursor.execute("SELECT log.append_leaf('grant', 'never', repeat('0', 64), '{}')")
        assert s.rows("SELECT count(*) FROM log.outbox") == [(before[0][0] + 1,)]
    assert trust.sql("SELECT count(*) FROM log.outbox") == before
