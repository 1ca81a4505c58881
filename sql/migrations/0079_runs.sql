-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Runs: what their log entry told, external weights, the small half of the result, the proof of the result's leaf; netting; clawbacks; holds
-- that people place, and money nobody claimed.
-- needs: functions/payout/check_lines.sql
-- needs: functions/payout/refuse_clawback_change.sql
SET LOCAL ROLE ch_governance_owner;

CREATE VIEW governance.standing_overview AS
    SELECT s.member_id, s.seq, s.standing, s.since_at, m.joined_at
    FROM governance.standing AS s JOIN governance.member AS m USING (member_id);
COMMENT ON VIEW governance.standing_overview IS 'history of each member''s standing, so that a reader can ask what stood at an instant';

RESET ROLE;
SET LOCAL ROLE ch_payout_owner;

-- Inputs and results of a large pool are hundreds of megabytes: compressing them takes longer than all the rest of a run, and a member's
-- part is read out of the middle.
ALTER TABLE payout.evidence ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- ---- runs ----

ALTER TABLE payout.run
    ADD COLUMN external_sha256 text REFERENCES payout.evidence (sha256),
    ADD COLUMN input_rows bigint CHECK (input_rows >= 0),
    ADD COLUMN input_units bigint CHECK (input_units >= 0),
    ADD COLUMN usage_root text CHECK (usage_root ~ '^[0-9a-f]{64}$'),
    ADD COLUMN places bigint[] CHECK (pg_catalog.cardinality(places) = 4),
    ADD COLUMN head jsonb,
    ADD COLUMN proof text,
    ADD COLUMN result_index bigint CHECK (result_index >= 0),
    DROP CONSTRAINT run_run_id_key;
-- Runs that have inputs or a result already: where the arrays stand, and the result's head.
ALTER TABLE payout.run DISABLE TRIGGER run_forward;
UPDATE payout.run AS r SET places = ARRAY[x.first + 17, x.middle, x.second + 14, x.length - 35]
FROM (SELECT t.sha256, pg_catalog.strpos(t.doc, '"contributions":[') - 1 AS first, pg_catalog.strpos(t.doc, '],"currency":"') - 1 AS middle,
        pg_catalog.strpos(t.doc, '"recipients":[') - 1 AS second, pg_catalog.length(t.doc) AS length
      FROM (SELECT e.sha256, pg_catalog.convert_from(e.bytes, 'UTF8') AS doc FROM payout.evidence AS e WHERE e.sha256 IN (SELECT inputs_file_sha256 FROM payout.run)) AS t) AS x
WHERE x.sha256 = r.inputs_file_sha256;
UPDATE payout.run AS r SET head = pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb - 'lines' FROM payout.evidence AS e WHERE e.sha256 = r.result_file_sha256;
ALTER TABLE payout.run ENABLE ALWAYS TRIGGER run_forward;
CREATE UNIQUE INDEX run_number ON payout.run (run_id) WHERE state <> 'abandoned';
CREATE INDEX run_unproved ON payout.run (id) WHERE proof IS NULL AND state IN ('computed', 'review', 'posted');
COMMENT ON INDEX payout.run_number IS 'an abandoned run leaves its number to the next run of the same inputs, so that abandoning and opening again changes no tie';
COMMENT ON COLUMN payout.run.external_sha256 IS 'the file of external weights its inputs took in';
COMMENT ON COLUMN payout.run.input_rows IS 'lines of sealed usage of the month, as told to the log';
COMMENT ON COLUMN payout.run.input_units IS 'their sum';
COMMENT ON COLUMN payout.run.usage_root IS 'root of the sealed month';
COMMENT ON COLUMN payout.run.places IS 'in the stored inputs: first byte of the contributions, byte behind them, the same of the recipients';
COMMENT ON COLUMN payout.run.head IS 'the result without its lines';
COMMENT ON COLUMN payout.run.proof IS 'tlog-proof of the run_result leaf, under the first checkpoint that was found to cover it';
COMMENT ON COLUMN payout.run.result_index IS 'index of that leaf';

-- Apart from the run, which is read and compared row by row: the tree of a million lines is 64 MB.
CREATE TABLE payout.run_tree (
    run uuid PRIMARY KEY REFERENCES payout.run,
    hashes bytea NOT NULL
);
ALTER TABLE payout.run_tree ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON COLUMN payout.run_tree.hashes IS 'all node hashes of the line tree, level by level from the leaves, 32 bytes each; an odd last node moves up unchanged';
INSERT INTO payout.run_tree (run, hashes) SELECT id, tree FROM payout.run WHERE tree IS NOT NULL;
ALTER TABLE payout.run DROP COLUMN tree;

-- A line is written by COPY while its run is computed: one look at each statement instead of a foreign key that asks for each line.
ALTER TABLE payout.run_line DROP CONSTRAINT run_line_run_fkey;
CREATE TRIGGER of_computed_run AFTER INSERT ON payout.run_line REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payout.check_lines();
ALTER TABLE payout.run_line ENABLE ALWAYS TRIGGER of_computed_run;

-- Counted repetitions cost a millisecond a path; the same without them: two to five components, none longer than the whole.
ALTER TABLE payout.account DROP CONSTRAINT account_path_check, ADD CONSTRAINT account_path CHECK (path ~ '^(Assets|Liabilities|Equity|Income|Expenses)(:[A-Za-z0-9][A-Za-z0-9._-]*)+$'
    AND pg_catalog.cardinality(pg_catalog.string_to_array(path, ':')) <= 5 AND pg_catalog.length(path) <= 200);

CREATE INDEX account_debt ON payout.account (owner_id) WHERE path LIKE 'Assets:Receivable:Member:%';
COMMENT ON INDEX payout.account_debt IS 'who owes: few, among all accounts';

CREATE TABLE payout.netting (
    run uuid NOT NULL REFERENCES payout.run,
    member_id uuid NOT NULL,
    minor bigint NOT NULL CHECK (minor > 0),
    txn_id uuid NOT NULL,
    PRIMARY KEY (run, member_id)
);
COMMENT ON TABLE payout.netting IS 'what of a member''s debt a run''s line paid off (event 5)';

-- ---- clawbacks ----

CREATE TABLE payout.clawback (
    id uuid PRIMARY KEY,
    credit_txn_id uuid NOT NULL,
    run uuid NOT NULL REFERENCES payout.run,
    run_id text NOT NULL UNIQUE CHECK (run_id ~ '^clawback-[0-9a-f]{32}$'),
    pool text NOT NULL,
    minor bigint NOT NULL CHECK (minor > 0),
    state text NOT NULL CHECK (state IN ('open', 'posted')),
    inputs_sha256 text REFERENCES payout.evidence (sha256),
    result_sha256 text REFERENCES payout.evidence (sha256),
    result_hash text CHECK (result_hash ~ '^[0-9a-f]{64}$'),
    from_fund bigint CHECK (from_fund >= 0),
    uncovered bigint CHECK (uncovered >= 0),
    unpaid bigint CHECK (unpaid >= 0),
    txn_id uuid UNIQUE,
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    posted_at timestamptz,
    UNIQUE (credit_txn_id, run),
    CONSTRAINT clawback_posted CHECK ((state = 'posted') = (txn_id IS NOT NULL) AND (txn_id IS NULL) = (result_hash IS NULL))
);
CREATE INDEX clawback_run ON payout.clawback (run);
CREATE INDEX clawback_open ON payout.clawback (opened_at) WHERE state = 'open';
COMMENT ON TABLE payout.clawback IS 'what a credit note takes back of one distribution (event 13)';
COMMENT ON COLUMN payout.clawback.unpaid IS 'lines of funds that had been spent: Fees:Refund bears them beside what is uncovered';
CREATE TRIGGER clawback_forward BEFORE UPDATE OR DELETE ON payout.clawback FOR EACH ROW EXECUTE FUNCTION payout.refuse_clawback_change();
ALTER TABLE payout.clawback ENABLE ALWAYS TRIGGER clawback_forward;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON payout.clawback FOR EACH STATEMENT EXECUTE FUNCTION payout.refuse_change();
ALTER TABLE payout.clawback ENABLE ALWAYS TRIGGER no_truncate;

CREATE TABLE payout.clawback_line (
    clawback uuid NOT NULL REFERENCES payout.clawback,
    id text NOT NULL,
    minor bigint NOT NULL CHECK (minor > 0),
    payable bigint NOT NULL DEFAULT 0 CHECK (payable >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    owed bigint NOT NULL DEFAULT 0 CHECK (owed >= 0),
    PRIMARY KEY (clawback, id)
);
COMMENT ON TABLE payout.clawback_line IS 'id is a member''s or a fund''s account; of a member''s line payable, held and owed add up to minor';
COMMENT ON COLUMN payout.clawback_line.owed IS 'what the member could not cover: Assets:Receivable:Member';

-- ---- holds ----

ALTER TABLE payout.hold
    ADD COLUMN run uuid REFERENCES payout.run,
    ADD COLUMN note text,
    ADD COLUMN placed_by uuid,
    DROP CONSTRAINT hold_reason_check,
    ADD CONSTRAINT hold_reason CHECK (reason IN ('BankMissing', 'TaxForm', 'Dispute', 'Returned', 'Rejected', 'Consent', 'Sanctions', 'Unclaimed'));
CREATE INDEX hold_age ON payout.hold (since) WHERE released_at IS NULL AND reason <> 'Unclaimed';
COMMENT ON COLUMN payout.hold.reason IS 'Unclaimed: the money stands in Liabilities:Unclaimed';
COMMENT ON COLUMN payout.hold.run IS 'of a dispute: the run whose line is disputed';

SELECT payout.make_append_only(t::regclass) FROM pg_catalog.unnest(ARRAY['payout.run_tree', 'payout.netting', 'payout.clawback_line']) AS t;

RESET ROLE;
