-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The auditor's own tables: findings, totals, progress, runs; and work tables it fills and empties within one audit.
SET LOCAL ROLE ch_audit_owner;

CREATE TABLE audit.run (
    id uuid PRIMARY KEY,
    mode text NOT NULL CHECK (mode IN ('full', 'incremental')),
    started timestamptz NOT NULL,
    finished timestamptz NOT NULL,
    checkpoint_size bigint CHECK (checkpoint_size >= 0),
    checkpoint_root text CHECK (checkpoint_root ~ '^[0-9a-f]{64}$'),
    outcome integer NOT NULL CHECK (outcome BETWEEN 0 AND 3),
    report_sha256 text NOT NULL CHECK (report_sha256 ~ '^[0-9a-f]{64}$'),
    report text NOT NULL,
    by_role text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE audit.run IS 'audits that came to an end; outcome is the exit code';
COMMENT ON COLUMN audit.run.report IS 'the canonical text of audit-report/1 that report_sha256 is the hash of';

CREATE TABLE audit.finding (
    check_id text NOT NULL,
    object_type text NOT NULL,
    object_id text NOT NULL,
    aspect text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('loss', 'breach', 'lag')),
    expected text NOT NULL,
    found text NOT NULL,
    delta_minor bigint,
    direction text CHECK (direction IN ('member', 'licensee', 'trust', 'outside', 'unknown')),
    text text NOT NULL,
    unit text NOT NULL,
    first_run uuid NOT NULL,
    last_run uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'explained', 'settled', 'gone')),
    reason text,
    person text,
    settled_by uuid,
    PRIMARY KEY (check_id, object_type, object_id, aspect),
    CONSTRAINT finding_explained CHECK (state <> 'explained' OR (reason IS NOT NULL AND person IS NOT NULL)),
    CONSTRAINT finding_settled CHECK (state <> 'settled' OR (severity = 'loss' AND settled_by IS NOT NULL)),
    CONSTRAINT finding_delta CHECK ((delta_minor IS NULL) = (direction IS NULL))
);
COMMENT ON TABLE audit.finding IS 'what an audit found; rows are never deleted';
COMMENT ON COLUMN audit.finding.delta_minor IS 'found less expected, never netted with another row''s';
COMMENT ON COLUMN audit.finding.direction IS 'who gains by a delta above zero, who loses below';
COMMENT ON COLUMN audit.finding.unit IS 'the part of the books it was found in, as in progress.source';
COMMENT ON COLUMN audit.finding.state IS 'gone: a later audit looked again and the rows hold; the row stays as a record';
COMMENT ON COLUMN audit.finding.settled_by IS 'the journal transaction that booked a loss';

CREATE TABLE audit.total (
    check_id text NOT NULL,
    name text NOT NULL CHECK (name IN ('gain', 'loss', 'lag', 'bad_signature', 'misattributed')),
    currency text NOT NULL,
    minor numeric NOT NULL CHECK (minor >= 0),
    count bigint NOT NULL CHECK (count >= 0),
    PRIMARY KEY (check_id, name, currency)
);
COMMENT ON TABLE audit.total IS 'sums over open findings; deltas above zero are gains, below zero losses, side by side';

CREATE TABLE audit.progress (
    check_id text NOT NULL,
    source text NOT NULL,
    upto text NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (check_id, source)
);
COMMENT ON TABLE audit.progress IS 'how far each check has come: a part of the books, the point in it, the digest of the rows up to there';

-- Work tables: filled and emptied inside the one transaction of an audit.
CREATE UNLOGGED TABLE audit.work_recipient (
    id text COLLATE "C" PRIMARY KEY,
    units bigint NOT NULL,
    quality_ppm bigint NOT NULL,
    external bigint NOT NULL,
    window_units bigint NOT NULL,
    distinct_licensees bigint NOT NULL,
    status text NOT NULL,
    equal bigint NOT NULL,
    tenure bigint NOT NULL
);
CREATE UNLOGGED TABLE audit.work_contribution (
    id text COLLATE "C" PRIMARY KEY,
    units bigint NOT NULL,
    quality_ppm bigint NOT NULL,
    external bigint NOT NULL,
    window_units bigint NOT NULL,
    distinct_licensees bigint NOT NULL
);
CREATE UNLOGGED TABLE audit.work_contributor (
    contribution text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    share bigint NOT NULL,
    PRIMARY KEY (contribution, recipient)
);
CREATE UNLOGGED TABLE audit.work_weight (
    part integer NOT NULL,
    id text COLLATE "C" NOT NULL,
    weight numeric NOT NULL,
    PRIMARY KEY (part, id)
);
COMMENT ON TABLE audit.work_weight IS 'weights of one split: recipients, or contributions where the part goes on to them';
CREATE UNLOGGED TABLE audit.work_share (
    grp text COLLATE "C" NOT NULL,
    path bytea NOT NULL,
    id text COLLATE "C" NOT NULL,
    total numeric NOT NULL,
    weight numeric NOT NULL
);
COMMENT ON TABLE audit.work_share IS 'apportionments under way: each grp shares its total by weight';
CREATE UNLOGGED TABLE audit.work_result (
    grp text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    minor numeric NOT NULL,
    weight_total numeric NOT NULL,
    extra numeric NOT NULL,
    remainder numeric NOT NULL,
    tie bytea NOT NULL,
    last boolean NOT NULL
);
COMMENT ON COLUMN audit.work_result.last IS 'the last entry of its grp that got one of the extra units';
CREATE UNLOGGED TABLE audit.work_clamp (
    id text COLLATE "C" PRIMARY KEY,
    v numeric NOT NULL,
    floor numeric NOT NULL,
    cap numeric,
    fixed numeric
);
CREATE UNLOGGED TABLE audit.work_given (
    step integer NOT NULL,
    id text COLLATE "C" NOT NULL,
    minor numeric NOT NULL
);
COMMENT ON TABLE audit.work_given IS 'what each step gave each recipient';
CREATE UNLOGGED TABLE audit.work_fund (
    path text COLLATE "C" PRIMARY KEY,
    minor numeric NOT NULL
);
CREATE UNLOGGED TABLE audit.work_stored (
    what text NOT NULL CHECK (what IN ('row', 'result', 'posting')),
    id text COLLATE "C" NOT NULL,
    place bigint NOT NULL,
    minor numeric NOT NULL,
    line text
);
COMMENT ON TABLE audit.work_stored IS 'the same run as the service stored it: line rows, lines and funds of the result document, postings';

CREATE VIEW audit.run_overview AS
    SELECT id, mode, started, finished, checkpoint_size, checkpoint_root, outcome, report_sha256 FROM audit.run;
CREATE VIEW audit.finding_overview AS
    SELECT check_id, object_type, object_id, aspect, severity, expected, found, delta_minor, direction, text, first_run, last_run, state,
        reason, person, settled_by
    FROM audit.finding;
COMMENT ON VIEW audit.run_overview IS 'audits, for the pages';
COMMENT ON VIEW audit.finding_overview IS 'findings, for the pages';

RESET ROLE;
