# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the auditor runs: its modes agree, its exit codes say what they must, nobody's error or haste makes it say that all is well, and it
writes nothing but its findings."""
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import threading

import psycopg2
import pytest

import faults_log
from auditing import AUDIT, Books, is_clean, looked_at, moved, spoiled_files, told_in
from faults import told
from stack import DEADLINE, query, wait_for

SEED = int(os.environ.get("CH_SEED", "20260504"))
ROUNDS = int(os.environ.get("CH_ROUNDS", "6"))


def book(books, minor):
    """One more transaction, booked by hand as the treasurer does it, under what was voted; its id."""
    outcome, body = books.sql(
        "SELECT (a).outcome, (a).body FROM (SELECT payout.post_transaction((SELECT member_id FROM governance.office_in_force WHERE body = 'treasurer'), NULL, jsonb_build_object('text', 'By hand', "
        "'resolution', (SELECT proposal_id FROM governance.policy LIMIT 1), 'postings', jsonb_build_array(jsonb_build_object('account', 'Expenses:Fees:Bank', 'amount', jsonb_build_object('minor', "
        "%s, 'currency', 'EUR')), jsonb_build_object('account', 'Income:Other', 'amount', jsonb_build_object('minor', -%s, 'currency', 'EUR'))))) AS a OFFSET 0) AS x", minor, minor)[0]
    assert outcome == "posted", body
    return body.get("txn_id") or body["id"]


def started(books, *options, **more):
    return subprocess.Popen([AUDIT, "--source", books.source, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def waits_for_a_lock(books, sessions=1):
    wait_for("an audit to wait", lambda: books.one("SELECT count(*) >= %s FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ch_audit' AND "
                                                   "wait_event_type = 'Lock'", sessions), DEADLINE, 0.02)


@contextlib.contextmanager
def stopped_at(books, table="payout.bank_entry"):
    """Whoever reads the table waits until the end."""
    with contextlib.closing(psycopg2.connect(books.database)) as blocker, blocker.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def traces(books):
    """All that an audit leaves."""
    return [books.sql(f"SELECT * FROM audit.{table} AS x ORDER BY x") for table in ("progress", "run", "finding", "total")]


# -- arguments, roles ---------------------------------------------------------------

@pytest.mark.parametrize("options", [
    ("--full", "--incremental"), (), ("--full", "--checks", "L1,L9"), ("--full", "--sweep", "x"), ("--full", "--report", "pdf"), ("--full", "--no-such"), ("--full", "--as-of", "yesterday"),
    ("--full", "--checks", ""), ("--full", "--checks"), ("--full", "--declare"), ("--full", "--sweep", "-1"), ("--full", "--sweep", "1", "--sweep", "2"), ("explain", "L1"),
    ("explain", "L1", "txn", "x", "sum", "--person", "p"), ("explain", "L1", "txn", "x", "sum", "--person", "p", "--reason", ""), ("settle", "L1", "txn", "x", "sum"),
    ("settle", "L1", "txn", "x", "sum", "y", "--txn", "z")], ids=" ".join)
def test_wrong_arguments(options):
    done = subprocess.run([AUDIT, *options, "--source", "host=/nowhere"], capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 64 and "usage: commonhold-audit" in done.stderr and done.stdout == ""


def test_a_source_that_is_not_there(books):
    done = subprocess.run([AUDIT, "--full", "--source", books.source.replace(books.name, "nothing_here")], capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 3 and "nothing_here" in done.stderr


def test_a_superuser_is_refused(books):
    done = subprocess.run([AUDIT, "--full", "--source", books.database], capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 3 and "superuser" in done.stderr


@pytest.mark.parametrize("right, said", [
    ("GRANT UPDATE (minor) ON payout.balance TO ch_audit", "may write payout.balance"), ("GRANT DELETE ON log.entry TO PUBLIC", "may write log.entry"),
    ("GRANT TRUNCATE ON payout.posting TO ch_audit", "may write payout.posting"), ("GRANT CREATE ON SCHEMA audit TO ch_audit", "may create in schema audit"),
    ("GRANT EXECUTE ON FUNCTION payout.post(jsonb, jsonb) TO ch_audit", "may execute payout.post(jsonb,jsonb)")])
def test_a_role_that_may_write_is_refused(books, right, said):
    before = traces(books)
    books.sql(right)
    code, error = books.audit("--full")
    assert code == 3 and said in error
    assert traces(books) == before


def test_a_member_of_another_role_is_refused(books):
    """Memberships are the cluster's: given and taken away again."""
    books.sql("GRANT ch_log TO ch_audit")
    try:
        code, error = books.audit("--full")
    finally:
        books.sql("REVOKE ch_log FROM ch_audit")
    assert code == 3 and "is a member of ch_log" in error


def test_the_auditor_writes_in_its_schema_alone(books):
    """Z6: no table, no column, no function that writes, no schema to make one in."""
    def as_auditor(statement):
        return query(books.source, statement)
    assert as_auditor("SELECT c.oid::regclass FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname NOT IN ('audit', 'pg_catalog', 'information_schema') AND n.nspname "
                      "!~ '^pg_' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER') OR has_any_column_privilege(c.oid, 'INSERT, UPDATE, "
                      "REFERENCES'))") == []
    assert as_auditor("SELECT p.oid::regprocedure::text FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE p.prosecdef AND p.provolatile = 'v' AND n.nspname !~ '^pg_' AND "
                      "has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY 1") == [("log.submit_audit_report(uuid,text,integer,bigint,bigint,bigint)",)]
    schemas = [n for n, in books.sql("SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'")]
    attempts = [f"CREATE TABLE {schema}.mine (x int)" for schema in schemas] + [
        "UPDATE payout.balance SET minor = 0", "DELETE FROM log.entry", "INSERT INTO payout.evidence DEFAULT VALUES", "ALTER TABLE payout.txn DISABLE TRIGGER ALL", "DELETE FROM audit.finding",
        "UPDATE audit.run SET outcome = 0", "SET ROLE ch_payout_owner", "COPY payout.txn TO PROGRAM 'cat'", "ALTER ROLE ch_audit SUPERUSER", "SET session_replication_role = replica"]
    for attempt in attempts:
        with pytest.raises(psycopg2.Error) as error:
            as_auditor(attempt)
        assert error.value.pgcode in ("42501", "42P01"), (attempt, error.value)


# -- what it says -----------------------------------------------------------------------

def test_a_report_is_canonical_hashed_and_logged(books):
    code, report = books.audit("--full")
    assert code == 0
    digest = report.pop("hash")
    assert digest == hashlib.sha256(json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    assert report["schema"] == "audit-report/1" and report["as_of"] == books.as_of and report["exit"] == 0
    assert sorted(report) == ["as_of", "checkpoint", "checks", "exit", "findings", "mode", "schema", "totals"]
    assert {t["name"] for t in report["totals"]} == {"gain", "loss", "lag", "bad_signature", "misattributed"}
    told_to_the_log, body = books.sql("SELECT payload->>'sha256', payload->'body' FROM log.outbox WHERE payload->>'type' = 'audit_report' ORDER BY id DESC LIMIT 1")[0]
    assert told_to_the_log == digest and body == {"exit": 0, "open": {"loss": 0, "breach": 0, "lag": 0}}
    assert books.one("SELECT report FROM audit.run WHERE report_sha256 = %s", digest) == json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_runs_keep_the_numbers_that_a_former_log_gave(books):
    """The log was begun again under another name, and holds nothing yet."""
    vkey = books.one("SELECT vkey FROM log.key ORDER BY from_at LIMIT 1")
    assert books.one("SELECT (log.recover(%s, NULL, NULL)).outcome", "other.example/log" + vkey[vkey.index("+"):]) == "created"
    assert books.one("SELECT count(*) FROM log.entry") == 0
    code, report = books.audit("--full", "--checks", "A3")
    assert code == 0 and looked_at(report, "A3") > 1


def test_the_text_says_the_verdict_first_and_the_most_money_first(books):
    assert books.run("--full").stdout.splitlines()[0].startswith("OK: 0 loss, 0 breach, 0 lag open")
    lines = books.sql("SELECT run::text || '/' || member_id, member_id::text FROM payout.run_line WHERE run = (SELECT id FROM payout.run WHERE state = 'posted' LIMIT 1) ORDER BY member_id LIMIT 3")
    steps = [7, 900, 30]
    books.change(["payout.run_line"], *(f"UPDATE payout.run_line SET minor = minor + {step} WHERE run::text || '/' || member_id = '{name}'" for step, (name, _) in zip(steps, lines)))
    done = books.run("--full", "--checks", "A3")
    text = done.stdout.splitlines()
    assert done.returncode == 1 and text[0] == "FINDINGS: 3 loss, 0 breach, 0 lag open, 2 parts not checked"
    assert [line.split()[1] for line in text if line.startswith("    delta")] == ["900", "30", "7"]
    at = text.index(f"A3 loss: run_line {lines[1][0]}, minor")
    assert text[at + 1].startswith("    expected  ") and text[at + 2].startswith("    found     ") and text[at + 3] == "    delta     900 (member)" and text[at + 4].startswith("    ")


def test_strict_does_not_pass_what_was_not_checked(books):
    code, report = books.audit("--full")
    unchecked = [c["id"] for c in report["checks"] if c["not_checked"]]
    assert code == 0 and unchecked
    code, report = books.audit("--full", "--strict")
    assert code == 3 and report["exit"] == 3
    whole = next(c["id"] for c in report["checks"] if not c["not_checked"])
    assert books.audit("--full", "--strict", "--checks", whole)[0] == 0


def test_what_was_told_on_evidence_stays_until_the_evidence_is_shown_again(books, tmp_path):
    """An auditor who was not given the checkpoints that somebody kept cannot say that nothing is wrong with them any more."""
    fault = faults_log.kept_without_a_signature(books)
    put_back = spoiled_files(books, fault, tmp_path)
    shown = ("--checks", "T3", "--kept", str(tmp_path / "kept"))
    code, report = books.audit("--full", *shown)
    assert (code, told_in(report)) == (1, fault.told)
    put_back()
    for mode in (("--full",), ("--incremental", "--sweep", "all")):
        code, report = books.audit(*mode, "--checks", "T3")
        assert (code, told_in(report)) == (1, fault.told), mode
    is_clean(books, "--incremental", *shown)


# -- snapshots, haste, crashes ----------------------------------------------------------------

def test_an_audit_sees_one_moment(books):
    """What is committed while it runs belongs to the next one, also to a check that had not begun."""
    old = books.one("SELECT count(*) FROM payout.txn")
    with stopped_at(books):
        process = started(books, "--full", "--report", "json", "--checks", "B3,L1,L2")
        waits_for_a_lock(books)
        book(books, 77)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0 and looked_at(json.loads(out), "L1") == old, out + err
    assert looked_at(is_clean(books, "--incremental", "--checks", "B3,L1,L2"), "L1") == 1


def test_two_audits_at_once(books):
    """The second waits, and counts on what the first left."""
    with stopped_at(books):
        first, second = started(books, "--full", "--checks", "A3,B3"), started(books, "--incremental", "--report", "json", "--checks", "A3,B3")
        waits_for_a_lock(books, 2)
    first.communicate(timeout=DEADLINE)
    out, _ = second.communicate(timeout=DEADLINE)
    assert (first.returncode, second.returncode) == (0, 0) and looked_at(json.loads(out), "A3") == 0


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_audit_leaves_no_trace(books, by):
    before = traces(books)
    books.change(["payout.run_line"], "UPDATE payout.run_line SET minor = minor + 1")
    with stopped_at(books):
        process = started(books, "--full", "--checks", "A3,B3")
        waits_for_a_lock(books)
        process.send_signal(by)
        process.communicate()
        assert process.returncode not in (0, 1, 2)
    wait_for("its sessions to end", lambda: books.one("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ch_audit'"), DEADLINE, 0.02)
    assert traces(books) == before


@pytest.mark.parametrize("by", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_check_that_crashes_is_not_finished(books, by):
    """The process that checks dies, as by a fault of its own; the one that watches says so."""
    before = traces(books)
    with stopped_at(books):
        process = started(books, "--full", "--checks", "A3,B3")
        waits_for_a_lock(books)
        child, = [int(pid) for pid in open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()]
        os.kill(child, by)
        out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 3 and out == "" and "not finished: ended by signal" in err
    assert traces(books) == before


def test_a_check_whose_query_fails_is_not_finished(books):
    books.sql("CREATE OR REPLACE FUNCTION audit.digest(p_text text) RETURNS text LANGUAGE sql AS $$ SELECT (1 / (length(p_text) - length(p_text)))::text $$")
    before = traces(books)
    code, error = books.audit("--full")
    assert code == 3 and "not finished, in " in error and "division by zero" in error
    assert traces(books) == before
    code, report = books.audit("--full", "--checks", "G2")
    assert code == 1 and [f[:3] for f in told_in(report)] == [("G2", "function", "audit.digest(text)")]


def test_a_report_that_nobody_can_read_is_not_finished(books):
    before = traces(books)
    with open("/dev/full", "w") as full:
        done = subprocess.run([AUDIT, "--full", "--checks", "L1", "--source", books.source], stdout=full, stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
    assert done.returncode == 3 and "cannot be written" in done.stderr and traces(books) == before


# -- the life of a finding -----------------------------------------------------------------

def explain(books, word, finding, *options):
    return subprocess.run([AUDIT, word, *finding[:4], *options, "--source", books.source], capture_output=True, text=True, timeout=DEADLINE)


def test_a_breach_is_explained_by_a_person_and_stays_listed(books):
    books.change(["payout.txn"], "UPDATE payout.txn SET debit_minor = debit_minor + 1 WHERE txn_no = 1")
    code, report = books.audit("--full", "--checks", "L1")
    finding, = told_in(report)
    assert code == 1 and explain(books, "settle", finding, "--txn", books.one("SELECT txn_id::text FROM payout.txn LIMIT 1")).returncode == 3
    assert explain(books, "explain", finding._replace(aspect="other"), "--person", "Ada", "--reason", "Why").returncode == 3
    assert explain(books, "explain", finding, "--person", "Ada Moll", "--reason", "A test of the scanner").returncode == 0
    for mode in ("--incremental", "--full"):
        code, report = books.audit(mode, "--checks", "L1")
        row, = report["findings"]
        assert (code, row["state"], row["person"], row["reason"], moved(report)) == (0, "explained", "Ada Moll", "A test of the scanner", {})
        assert next(c for c in report["checks"] if c["id"] == "L1")["open"] == 0
    books.change(["payout.txn"], "UPDATE payout.txn SET debit_minor = debit_minor + 1 WHERE txn_no = 1")
    code, report = books.audit("--incremental", "--sweep", "all", "--checks", "L1")
    assert (code, report["findings"][0]["state"]) == (1, "open"), "other figures are not what was explained"


def test_a_loss_is_settled_by_a_booking_alone(books):
    name, run = books.sql("SELECT run::text || '/' || member_id, run::text FROM payout.run_line ORDER BY 1 LIMIT 1")[0]
    books.change(["payout.run_line"], f"UPDATE payout.run_line SET minor = minor + 5 WHERE run::text || '/' || member_id = '{name}'")
    code, report = books.audit("--full", "--checks", "A3")
    finding, = told_in(report)
    assert (code, finding.delta, moved(report)) == (1, 5, {("A3", "gain"): ("5", 1)})
    assert explain(books, "explain", finding, "--person", "Ada", "--reason", "Why").returncode == 3, "a loss is not explained away"
    refused = {"not there": "01980000-0000-7000-8000-000000000000", "another amount": book(books, 6),
               "no resolution": books.one("SELECT txn_id::text FROM payout.txn WHERE resolution IS NULL LIMIT 1")}
    for why, txn in refused.items():
        assert explain(books, "settle", finding, "--txn", txn).returncode == 3, why
    settled = book(books, 5)
    assert explain(books, "settle", finding, "--txn", settled).returncode == 0
    for mode in ("--incremental", "--full"):
        code, report = books.audit(mode, "--checks", "A3")
        row, = report["findings"]
        assert (code, row["state"], row["settled_by"], moved(report)) == (0, "settled", settled, {})
    # a booking that is taken back settles nothing
    books.change(["payout.txn"], f"UPDATE payout.txn SET reverses = '{settled}' WHERE txn_no = 1")
    code, report = books.audit("--incremental", "--checks", "A3")
    assert (code, report["findings"][0]["state"]) == (1, "open")


def test_what_holds_again_is_gone_and_kept(books):
    books.change(["payout.run_line"], "UPDATE payout.run_line SET minor = minor + 5")
    count = len(books.audit("--full", "--checks", "A3")[1]["findings"])
    first = books.sql("SELECT check_id, object_id, first_run FROM audit.finding ORDER BY 2")
    assert count == len(first) > 1
    books.undo(["payout.run_line"])
    is_clean(books, "--incremental", "--sweep", "all", "--checks", "A3")
    assert books.sql("SELECT check_id, object_id, first_run FROM audit.finding WHERE state = 'gone' ORDER BY 2") == first
    books.change(["payout.run_line"], "UPDATE payout.run_line SET minor = minor + 5")
    code, report = books.audit("--incremental", "--sweep", "all", "--checks", "A3")
    assert (code, len(report["findings"])) == (1, count) and books.sql("SELECT check_id, object_id, first_run FROM audit.finding WHERE state = 'open' ORDER BY 2") == first


# -- modes agree ----------------------------------------------------------------------------

@pytest.fixture
def aside(stack):
    """A database of the auditor's own."""
    made = Books(stack.admin, "audit_aside", "template_trust")
    yield made
    made.drop()


def what_it_says(report):
    """A report, times and what was looked at apart."""
    return json.dumps({"findings": report["findings"], "totals": report["totals"]}, sort_keys=True)


def test_findings_lie_in_a_database_of_the_auditors_own(books, aside):
    before = traces(books)
    books.change(["payout.run_line"], "UPDATE payout.run_line SET minor = minor + 1 WHERE member_id = (SELECT min(member_id::text)::uuid FROM payout.run_line)")
    code, report = books.audit("--full", "--findings", aside.source)
    assert code == 1 and traces(books) == before and aside.one("SELECT count(*) FROM audit.finding") == len(report["findings"]) > 0
    assert books.one("SELECT count(*) FROM log.outbox WHERE payload->>'sha256' = %s", report["hash"]) == 1
    code, again = books.audit("--incremental", "--findings", aside.source)
    assert (code, what_it_says(again)) == (1, what_it_says(report))
    assert books.audit("--full", "--findings", aside.database)[0] == 3, "nor may it write there outside audit"


def test_an_incremental_audit_goes_on_where_the_last_one_ended(books):
    """What it finds along the way is what a full audit finds at the end."""
    old = books.one("SELECT count(*) FROM payout.txn")
    book(books, 11)
    code, report = books.audit("--incremental")
    assert (code, looked_at(report, "L1"), looked_at(report, "A3"), looked_at(report, "O2")) == (0, 1, 0, 0), report
    book(books, 12)
    book(books, 13)
    books.change(["payout.txn", "payout.posting"], "UPDATE payout.txn SET debit_minor = debit_minor + 1 WHERE debit_minor = 12",
                 "UPDATE payout.posting SET after_minor = after_minor + 1 WHERE minor = -13")
    code, little = books.audit("--incremental", "--checks", "L1,L2,L3,L4")
    assert code == 1 and looked_at(little, "L1") == 2
    book(books, 15)
    code, little = books.audit("--incremental", "--checks", "L1,L2,L3,L4")
    assert code == 1 and looked_at(little, "L1") == 1
    code, whole = books.audit("--full", "--checks", "L1,L2,L3,L4")
    assert (code, looked_at(whole, "L1")) == (1, old + 4)
    assert told_in(little) == told_in(whole) and moved(little) == moved(whole)
    assert {f.check for f in told_in(whole)} == {"L1", "L2"}


#: What somebody changes, in the tables that belong to it, and undoes or not.
CHANGES = [
    (["payout.run_line"], "UPDATE payout.run_line SET minor = minor + {n} WHERE ctid = (SELECT ctid FROM payout.run_line ORDER BY run, member_id OFFSET {n} %% 5 LIMIT 1)"),
    (["payout.balance"], "UPDATE payout.balance SET minor = minor + {n} WHERE ctid = (SELECT ctid FROM payout.balance ORDER BY owner_id, account_id OFFSET {n} %% 9 LIMIT 1)"),
    (["payout.txn"], "UPDATE payout.txn SET debit_minor = debit_minor + {n} WHERE txn_no = 1 + {n} %% 30"),
    (["payout.bank_entry"], "UPDATE payout.bank_entry SET minor = minor + {n} WHERE ctid = (SELECT ctid FROM payout.bank_entry ORDER BY id OFFSET {n} %% 6 LIMIT 1)"),
    (["metering.sealed_usage"], "UPDATE metering.sealed_usage SET units = units + {n} WHERE ctid = (SELECT ctid FROM metering.sealed_usage ORDER BY grant_id, contribution_id OFFSET {n} %% 7 LIMIT 1)"),
    (["licensing.consent_current"], "UPDATE licensing.consent_current SET permits = NOT permits WHERE ctid = (SELECT ctid FROM licensing.consent_current ORDER BY member_id, purpose OFFSET {n} LIMIT 1)"),
    (["payout.payment"], "UPDATE payout.payment SET minor = minor + {n} WHERE ctid = (SELECT ctid FROM payout.payment ORDER BY id OFFSET {n} %% 9 LIMIT 1)")]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_any_sequence_gives_the_same_findings(books, aside, round_):
    """Bookings, changes behind the services' back, changes undone; audits of any kind between them; at the end one that knows all that went before
    and one that knows nothing say the same, byte by byte."""
    rnd, spoiled = random.Random(f"{SEED}/{round_}"), []
    print(f"CH_SEED={SEED} round {round_}")
    for _ in range(rnd.randint(2, 5)):
        deed = rnd.choice(["book", "change", "change", "undo", "audit", "audit"])
        if deed == "book":
            book(books, rnd.randint(1, 500))
        elif deed == "change":
            tables, statement = rnd.choice([c for c in CHANGES if c[0] not in spoiled])
            spoiled.append(tables)
            books.change(tables, statement.format(n=rnd.randint(1, 20)).replace("%%", "%"))
        elif deed == "undo" and spoiled:
            books.undo(spoiled.pop(rnd.randrange(len(spoiled))))
        elif deed == "audit":
            assert books.run(rnd.choice(["--incremental", "--full"]), *rnd.choice([(), ("--sweep", "0"), ("--sweep", "all")])).returncode < 3
    code, little = books.audit("--incremental", "--sweep", "all")
    other, whole = books.audit("--full", "--findings", aside.source)
    assert (code, what_it_says(little)) == (other, what_it_says(whole)) and (code == 1) == bool(spoiled), little


def test_closed_months_are_swept_in_turn(books):
    """A closed month that is not the last one is looked at when its turn comes: one a run, or as many as are asked for."""
    last = books.one("SELECT max(month)::text FROM payout.period WHERE state = 'closed'")
    early = [books.one("SELECT (%s::date - make_interval(months => %s))::date::text", last, n) for n in (4, 3, 2)]
    with books.unguarded(["metering.seal", "payout.period"]) as cursor:
        for month in early:
            cursor.execute("INSERT INTO metering.seal (pool_id, month, pool, lines, units, late, root, sha256, sealed_at) SELECT pool_id, %s, pool, 0, 0, 0, encode(sha256(''), 'hex'), sha256, "
                           "sealed_at FROM metering.seal LIMIT 1", (month,))
            cursor.execute("INSERT INTO payout.period (month, state, closed_at, closed_by, balance_sha256) SELECT %s, state, closed_at, closed_by, balance_sha256 FROM payout.period WHERE month = %s",
                           (month, last))
    is_clean(books, "--full", "--checks", "M1")

    def found(*sweep):
        return [f.object.split()[1] for f in told_in(books.audit("--incremental", *sweep, "--checks", "M1")[1])]
    with books.unguarded(["metering.seal"]) as cursor:
        cursor.execute("UPDATE metering.seal SET units = 5 WHERE month = ANY (%s::date[])", (early,))
    assert found("--sweep", "0") == []
    assert found() == early[:1] and found("--sweep", "1") == early[:2]
    assert found("--sweep", "0") == early[:2], "what was found is looked at again"
    assert found("--sweep", "2") == early


def test_an_audit_is_as_of_a_time(books):
    for time in (books.later(days=0), books.later(days=400)):
        report = books.audit("--full", "--checks", "L1,G2", "--as-of", time)[1]
        assert report["as_of"] == time
