# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of who did what in which office (G1), and of what the database consists of (G2)."""
from faults import HEX, Fault, redefined, told


# ---- G1 ----

def somebody(b):
    """A member without any office."""
    return b.one("SELECT member_id::text FROM governance.member AS m WHERE NOT EXISTS (SELECT FROM governance.office AS o WHERE o.member_id = m.member_id) ORDER BY 1 LIMIT 1")


def done_by(b, table, kind, where, column, act):
    """Somebody without the office has done it."""
    name, who = b.one(f"SELECT {where}::text FROM {table} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1"), somebody(b)
    return Fault([table], [f"UPDATE {table} SET {column} = '{who}' WHERE {where} = '{name}'"], [told("G1", kind, name, act, "treasurer in office", who)])


def run_opened_by_a_member(b):
    return done_by(b, "payout.run", "run", "id", "opened_by", "opened")


def run_confirmed_by_a_member(b):
    return done_by(b, "payout.run", "run", "id", "confirmed_by", "confirmed")


def batch_made_by_a_member(b):
    return done_by(b, "payout.batch", "batch", "id", "made_by", "made")


def month_closed_by_a_member(b):
    return done_by(b, "payout.period", "period", "month", "closed_by", "closed")


def price_set_by_a_member(b):
    """The entry of an issued invoice."""
    txn, who = b.one("SELECT txn_id::text FROM payout.txn WHERE kind = 'invoice' AND actor IS NOT NULL ORDER BY txn_no LIMIT 1"), somebody(b)
    return Fault(["payout.txn"], [f"UPDATE payout.txn SET actor = '{who}' WHERE txn_id = '{txn}'"], [told("G1", "txn", txn, "booked", "treasurer in office", who)])


def batch_released_by_its_approver(b):
    """One of the board, whose office releases nothing."""
    batch, who = b.sql("SELECT v.batch_id::text, v.member_id::text FROM payout.approval AS v ORDER BY v.id LIMIT 1")[0]
    return Fault(["payout.batch_event"], [f"UPDATE payout.batch_event SET actor = '{who}' WHERE batch_id = '{batch}' AND state = 'releasing'"],
                 [told("G1", "batch", batch, "releasing", "treasurer in office", who)])


def two_swapped_their_batches(b):
    """Two acts of two persons exchanged: as many acts of each as before."""
    (first, maker), (second, other) = b.sql("SELECT id::text, made_by::text FROM payout.batch ORDER BY id LIMIT 2")
    who = somebody(b)
    assert maker == other
    return Fault(["payout.batch", "payout.commitment"], [f"UPDATE payout.batch SET made_by = '{who}' WHERE id = '{first}'", f"UPDATE payout.commitment SET made_by = '{who}'"],
                 [told("G1", "batch", first, "made", "treasurer in office", who),
                  *(told("G1", "commitment", c, "made", "treasurer in office", who) for c, in b.sql("SELECT id::text FROM payout.commitment"))])


def decided_in_spite_of_a_conflict(b):
    case, who, choice = b.sql("SELECT case_id::text, member_id::text, choice FROM governance.council_vote WHERE choice IS NOT NULL ORDER BY 1, 2 LIMIT 1")[0]
    return Fault(["governance.council_vote"], [f"UPDATE governance.council_vote SET conflict = 'employed there' WHERE case_id = '{case}' AND member_id = '{who}'"],
                 [told("G1", "council_case", case, f"vote of {who}", "none: a conflict of interest was declared", choice)])


def seat_of_another_body(b):
    """Somebody of the council gets a seat of the board beside it: nothing gave it, there is none, and it ends with the council's term."""
    new = "0198cccc-0000-7000-8000-000000000001"
    council, holder, where, until, due = b.sql("SELECT o.id::text, o.member_id::text, k.class::text, log.time_text(o.until_at), log.time_text(c.founded_at + (c.doc #>> "
        "'{bodies,board,term_seconds}')::bigint * interval '1 second') FROM governance.office AS o JOIN governance.class_spell AS k USING (member_id) CROSS JOIN governance.charter AS c "
        "WHERE o.body = 'council' ORDER BY o.seat LIMIT 1")[0]
    return Fault(["governance.office"], [f"INSERT INTO governance.office (id, body, seat, class, member_id, from_at, until_at, proposal_id) SELECT '{new}', 'board', '{where}9', '{where}', '{holder}', "
                                         f"from_at, until_at, proposal_id FROM governance.office WHERE id = '{council}'"],
                 [told("G1", "office", new, f"beside {council}", "not at one time", "board and council"), told("T2", "office", new, "leaves", "1", "0"),
                  told("GOV-O1", "office", new, "origin", "the charter", "none"), told("GOV-O1", "office", new, "number", "one of 3", f"{where}9"),
                  told("GOV-O1", "office", new, "until", due, until)])


def audit_written_by_another(b):
    run = b.one("SELECT id::text FROM audit.run ORDER BY finished LIMIT 1")
    return Fault(["audit.run"], [f"UPDATE audit.run SET by_role = 'ch_payout' WHERE id = '{run}'"], [told("G1", "audit", run, "role", "ch_audit", "ch_payout")])


# ---- G2 ----

def schema_fault(name, statements, undo, *expected):
    """A fault of the schema: what was done, how it is undone, and what G2 says."""
    def fault(b):
        return Fault(statements=statements, undo=undo, expected=[e(b) if callable(e) else e for e in expected])
    fault.__name__ = name
    return fault


def added(kind, name):
    return told("G2", kind, name, "object", "none", HEX)


def removed(kind, name):
    return told("G2", kind, name, "object", HEX, "none")


def newest_posting(b):
    return "payout.posting_" + b.one("SELECT to_char(max(month), 'YYYYMM') FROM payout.txn")


def trigger_of_a_partition_disabled(b):
    part = newest_posting(b)
    return Fault(statements=[f"ALTER TABLE ONLY {part} DISABLE TRIGGER append_only"], undo=[f"ALTER TABLE ONLY {part} ENABLE ALWAYS TRIGGER append_only"], expected=[redefined(part)])


def trigger_of_a_partition_dropped(b):
    """One that is the partition's own; the model of its kind still has it."""
    part = newest_posting(b)
    return Fault(statements=[f"DROP TRIGGER no_truncate ON {part}"], undo=[
        f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {part} FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change()", f"ALTER TABLE {part} ENABLE ALWAYS TRIGGER no_truncate"],
        expected=[redefined(part)])


def right_to_a_pools_rows(b):
    table = b.one("SELECT 'pooldata.' || pooldata.table_name(pool_id) FROM licensing.pool")
    return Fault(statements=[f"GRANT SELECT ON {table} TO ch_portal"], undo=[f"REVOKE SELECT ON {table} FROM ch_portal"], expected=[redefined(table)])


def function_says_yes(b):
    """Whoever asks for an office is told that it is held."""
    was = b.one("SELECT pg_get_functiondef('governance.is_office(uuid,text)'::regprocedure)")
    return Fault(statements=["CREATE OR REPLACE FUNCTION governance.is_office(p_member uuid, p_body text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp "
                             "AS 'SELECT true'"], undo=[was], expected=[redefined("governance.is_office(uuid,text)", "function")])


def check_of_the_auditor_blinded(b):
    """The functions of schema audit lie in the database that is audited: a check that finds nothing any more is found by the one before it."""
    was = b.one("SELECT pg_get_functiondef('audit.check_rows(text)'::regprocedure)")
    blind = was[:was.index("AS $function$")] + "AS $function$ SELECT NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text WHERE false $function$"
    return Fault(statements=[blind], undo=[was], expected=[redefined("audit.check_rows(text)", "function")])


def function_taken_away(b):
    name = "payout.easter(integer)"
    return Fault(statements=[f"DROP FUNCTION {name}"], undo=[b.one("SELECT pg_get_functiondef(%s::regprocedure)", name), f"ALTER FUNCTION {name} OWNER TO ch_payout_owner",
                                                             f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC"], expected=[removed("function", name)])


def migration_edited(b):
    name, sha256 = b.sql("SELECT name, sha256 FROM migrate.applied ORDER BY number DESC LIMIT 1")[0]
    other = "0" * 64
    return Fault(["migrate.applied"], [f"UPDATE migrate.applied SET sha256 = '{other}' WHERE name = '{name}'"],
                 [told("G2", "migration", name, "definition", sha256, other), told("G2", "migration", name, "leaf", other, sha256),
                  told("T2", "schema", name, "hash", other, sha256)])


def database_without_guards(b):
    """Everybody who connects is a replica, for whom no trigger fires but those that always do."""
    return Fault(statements=[f"ALTER DATABASE {b.name} SET session_replication_role = replica"], undo=[f"ALTER DATABASE {b.name} RESET session_replication_role"], expected=[
        told("G2", "setting", "session_replication_role", "definition", HEX, HEX), added("setting", "session_replication_role of everybody")])


FAULTS = [
    run_opened_by_a_member, run_confirmed_by_a_member, batch_made_by_a_member, month_closed_by_a_member, price_set_by_a_member, batch_released_by_its_approver, two_swapped_their_batches,
    decided_in_spite_of_a_conflict, seat_of_another_body, audit_written_by_another,
    trigger_of_a_partition_disabled, trigger_of_a_partition_dropped, right_to_a_pools_rows, function_says_yes, check_of_the_auditor_blinded, function_taken_away, migration_edited, database_without_guards,
    schema_fault("append_only_trigger_disabled", ["ALTER TABLE payout.evidence DISABLE TRIGGER append_only"], ["ALTER TABLE payout.evidence ENABLE ALWAYS TRIGGER append_only"],
                 redefined("payout.evidence")),
    schema_fault("trigger_for_replicas_alone", ["ALTER TABLE payout.evidence ENABLE REPLICA TRIGGER append_only"], ["ALTER TABLE payout.evidence ENABLE ALWAYS TRIGGER append_only"],
                 redefined("payout.evidence")),
    schema_fault("right_given", ["GRANT UPDATE (minor) ON payout.balance TO ch_payout"], ["REVOKE UPDATE (minor) ON payout.balance FROM ch_payout"], redefined("payout.balance")),
    schema_fault("right_to_a_function_given", ["GRANT EXECUTE ON FUNCTION payout.post(jsonb, jsonb) TO ch_portal"], ["REVOKE EXECUTE ON FUNCTION payout.post(jsonb, jsonb) FROM ch_portal"],
                 redefined("payout.post(jsonb,jsonb)", "function")),
    schema_fault("table_beside", ["CREATE TABLE payout.shadow (x int)"], ["DROP TABLE payout.shadow"], added("table", "payout.shadow")),
    schema_fault("schema_beside", ["CREATE SCHEMA beside"], ["DROP SCHEMA beside"], added("schema", "beside")),
    schema_fault("function_beside", ["CREATE FUNCTION payout.back_door() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'UPDATE payout.balance SET minor = 0'",
                                     "REVOKE ALL ON FUNCTION payout.back_door() FROM PUBLIC"], ["DROP FUNCTION payout.back_door()"],
                 added("function", "payout.back_door()")),
    schema_fault("function_in_front_of_all", ["SET LOCAL allow_system_table_mods = on", "CREATE FUNCTION pg_catalog.abs(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"],
                 ["SET LOCAL allow_system_table_mods = on", "DROP FUNCTION pg_catalog.abs(text)"], added("function", "abs(text)")),
    schema_fault("function_of_another_owner", ["ALTER FUNCTION payout.today() OWNER TO ch_portal_owner"], ["ALTER FUNCTION payout.today() OWNER TO ch_payout_owner"],
                 redefined("payout.today()", "function")),
    schema_fault("rule_that_swallows", ["CREATE RULE swallow AS ON INSERT TO payout.hold DO INSTEAD NOTHING"], ["DROP RULE swallow ON payout.hold"], redefined("payout.hold")),
    schema_fault("constraint_dropped", ["ALTER TABLE payout.hold DROP CONSTRAINT hold_released"],
                 ["ALTER TABLE payout.hold ADD CONSTRAINT hold_released CHECK ((released_txn_id IS NULL) = (released_at IS NULL))"], redefined("payout.hold")),
    schema_fault("index_dropped", ["DROP INDEX payout.payment_retry"], ["CREATE UNIQUE INDEX payment_retry ON payout.payment (retries) WHERE state <> 'cancelled'"], redefined("payout.payment")),
    schema_fault("column_beside", ["ALTER TABLE payout.hold ADD COLUMN note_to_self text"], ["ALTER TABLE payout.hold DROP COLUMN note_to_self"], redefined("payout.hold")),
    schema_fault("view_of_something_else", ["CREATE OR REPLACE VIEW audit.run_overview AS SELECT id, mode, started, finished, checkpoint_size, checkpoint_root, 0 AS outcome, report_sha256 FROM audit.run"],
                 ["CREATE OR REPLACE VIEW audit.run_overview AS SELECT id, mode, started, finished, checkpoint_size, checkpoint_root, outcome, report_sha256 FROM audit.run"],
                 redefined("audit.run_overview", "view")),
    schema_fault("event_trigger_beside", ["CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'", "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.watch()"],
                 ["DROP EVENT TRIGGER watch", "DROP FUNCTION public.watch()"], added("event trigger", "watch"), added("function", "public.watch()")),
    schema_fault("rights_of_what_comes", ["ALTER DEFAULT PRIVILEGES FOR ROLE ch_payout_owner IN SCHEMA payout GRANT ALL ON TABLES TO ch_portal"],
                 ["ALTER DEFAULT PRIVILEGES FOR ROLE ch_payout_owner IN SCHEMA payout REVOKE ALL ON TABLES FROM ch_portal"], added("rights", "payout r")),
    schema_fault("type_widened", ["ALTER DOMAIN governance.class_code DROP CONSTRAINT class_code_check"],
                 ["ALTER DOMAIN governance.class_code ADD CONSTRAINT class_code_check CHECK (VALUE IN ('U', 'W', 'C'))"], told("G2", "type", "governance.class_code", "definition", HEX, HEX))]
