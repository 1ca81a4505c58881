-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Distribution runs: what they collected, their frozen inputs, result, lines and line tree.
SET LOCAL ROLE ch_payout_owner;

CREATE TABLE payout.run (
    id uuid PRIMARY KEY,
    run_id text UNIQUE CHECK (run_id ~ '^run-[0-9a-f]{32}$'),
    pool_id uuid NOT NULL,
    pool text NOT NULL,
    service_month date NOT NULL,
    licensee uuid,
    rule text NOT NULL,
    rule_version integer NOT NULL,
    rule_sha256 text NOT NULL REFERENCES payout.evidence (sha256),
    state text NOT NULL CHECK (state IN ('open', 'inputs_frozen', 'numbered', 'computed', 'review', 'posted', 'abandoned')),
    currency text NOT NULL,
    pot bigint CHECK (pot > 0),
    carried_in bigint CHECK (carried_in >= 0),
    rail_fees bigint CHECK (rail_fees >= 0),
    inputs_sha256 text,
    inputs_file_sha256 text REFERENCES payout.evidence (sha256),
    numbered_size bigint,
    result_hash text,
    result_file_sha256 text REFERENCES payout.evidence (sha256),
    outcome text CHECK (outcome IN ('ok', 'aborted')),
    lines bigint,
    total bigint,
    carried bigint,
    carried_to uuid REFERENCES payout.run,
    lines_root bytea CHECK (pg_catalog.octet_length(lines_root) = 32),
    tree bytea,
    review_until timestamptz,
    confirmed_at timestamptz,
    confirmed_by uuid,
    txn_id uuid UNIQUE,
    reason text,
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    opened_by uuid,
    ended_at timestamptz,
    CONSTRAINT run_frozen CHECK (state IN ('open', 'abandoned') OR (inputs_sha256 IS NOT NULL AND pot IS NOT NULL)),
    CONSTRAINT run_numbered CHECK (state IN ('open', 'inputs_frozen', 'abandoned') OR run_id IS NOT NULL),
    CONSTRAINT run_computed CHECK (state IN ('open', 'inputs_frozen', 'numbered', 'abandoned') OR result_hash IS NOT NULL),
    CONSTRAINT run_posted CHECK (state <> 'posted' OR (confirmed_by IS NOT NULL AND ended_at IS NOT NULL))
);
ALTER TABLE payout.run ALTER COLUMN tree SET STORAGE EXTERNAL;
CREATE INDEX run_scope ON payout.run (pool_id, service_month);
CREATE INDEX run_moving ON payout.run (state) WHERE state IN ('open', 'inputs_frozen', 'numbered', 'computed', 'review');
COMMENT ON COLUMN payout.run.tree IS 'all node hashes of the line tree, level by level from the leaves, 32 bytes each; an odd last node moves up unchanged';
COMMENT ON COLUMN payout.run.numbered_size IS 'size of the checkpoint that gave the run_id';
COMMENT ON COLUMN payout.run.carried_to IS 'the run whose pot took what this one carried';

CREATE TABLE payout.run_receipt (
    receipt_slice_id bigint PRIMARY KEY REFERENCES payout.receipt_slice,
    run uuid NOT NULL REFERENCES payout.run,
    minor bigint NOT NULL CHECK (minor > 0)
);
CREATE INDEX run_receipt_run ON payout.run_receipt (run);
COMMENT ON TABLE payout.run_receipt IS 'paid slices in a run that is not abandoned: the primary key keeps each in one run';

CREATE TABLE payout.run_fee (
    txn_id uuid PRIMARY KEY REFERENCES payout.receipt,
    run uuid NOT NULL REFERENCES payout.run,
    minor bigint NOT NULL CHECK (minor > 0)
);
COMMENT ON TABLE payout.run_fee IS 'the rail fee of a receipt counts in the first run that takes a slice of it';

CREATE TABLE payout.run_line (
    run uuid NOT NULL REFERENCES payout.run,
    member_id uuid NOT NULL,
    index bigint NOT NULL CHECK (index >= 0),
    minor bigint NOT NULL CHECK (minor > 0),
    line text NOT NULL,
    PRIMARY KEY (run, member_id)
);
COMMENT ON COLUMN payout.run_line.line IS 'the canonical line of the result: what the salt is put in front of';
CREATE TABLE payout.run_salt (
    run uuid NOT NULL,
    member_id uuid NOT NULL,
    salt bytea NOT NULL CHECK (pg_catalog.octet_length(salt) = 32),
    PRIMARY KEY (run, member_id)
);
COMMENT ON TABLE payout.run_salt IS 'apart from the lines, because deleting a salt is the erasure';

CREATE FUNCTION payout.refuse_run_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'runs are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('posted', 'abandoned')
       AND pg_catalog.to_jsonb(OLD) - 'carried_to' IS DISTINCT FROM pg_catalog.to_jsonb(NEW) - 'carried_to' THEN
        RAISE EXCEPTION 'run % is % and does not change', OLD.id, OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.inputs_sha256 IS NOT NULL AND OLD.inputs_sha256 IS DISTINCT FROM NEW.inputs_sha256)
       OR (OLD.run_id IS NOT NULL AND OLD.run_id IS DISTINCT FROM NEW.run_id)
       OR (OLD.result_hash IS NOT NULL AND OLD.result_hash IS DISTINCT FROM NEW.result_hash)
       OR OLD.rule_sha256 <> NEW.rule_sha256 THEN
        RAISE EXCEPTION 'run %: inputs, number, rule and result are fixed once set', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('open', 'inputs_frozen'), ('inputs_frozen', 'numbered'),
        ('numbered', 'computed'), ('computed', 'review'), ('review', 'posted')) AND NEW.state <> 'abandoned' THEN
        RAISE EXCEPTION 'run % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER run_forward BEFORE UPDATE OR DELETE ON payout.run
    FOR EACH ROW EXECUTE FUNCTION payout.refuse_run_change();
ALTER TABLE payout.run ENABLE ALWAYS TRIGGER run_forward;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.run FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.run ENABLE ALWAYS TRIGGER no_truncate;
SELECT payout.make_append_only('payout.run_line'::regclass);

RESET ROLE;
