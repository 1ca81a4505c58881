-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Aggregates: the queries of a grant, what is kept of their answers so that later ones can be held against them, and their usage.
SET LOCAL ROLE ch_metering_owner;

CREATE TABLE metering.query (
    pool_id uuid NOT NULL,
    id uuid NOT NULL,
    grant_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    fingerprint bytea NOT NULL CHECK (pg_catalog.octet_length(fingerprint) = 32),
    question text NOT NULL,
    terms_sha256 text NOT NULL,
    consent_epoch bigint NOT NULL,
    grant_epoch bigint NOT NULL,
    cells integer NOT NULL CHECK (cells >= 0),
    rows bigint NOT NULL CHECK (rows >= 0),
    suppressed boolean NOT NULL,
    same_as uuid,
    asked_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, id)
);
CREATE INDEX query_of_grant ON metering.query (grant_id, id);
COMMENT ON TABLE metering.query IS 'answered queries for aggregates; append-only';
COMMENT ON COLUMN metering.query.fingerprint IS 'SHA-256 of question';
COMMENT ON COLUMN metering.query.question IS 'columns with their rules, filters, measures, in canonical order';
COMMENT ON COLUMN metering.query.rows IS 'rows in shown cells';
COMMENT ON COLUMN metering.query.same_as IS 'the earlier query of the grant that was answered from the same rows in the same cells: nothing new was kept';

CREATE TABLE metering.query_answer (
    pool_id uuid NOT NULL,
    query_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    sketch bytea NOT NULL,
    noise bytea,
    PRIMARY KEY (pool_id, query_id)
);
CREATE INDEX query_answer_of_grant ON metering.query_answer (grant_id, query_id);
COMMENT ON TABLE metering.query_answer IS 'what later queries of the grant are held against: which rows of which members went into which shown cell, as hashes';
COMMENT ON COLUMN metering.query_answer.noise IS 'for answers with noise: what was added, cell by cell. None has any yet';

CREATE TABLE metering.query_history (
    grant_id uuid PRIMARY KEY,
    answers bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE metering.query_history IS 'answers kept of a grant: a query that was decided on an older number is decided again';

CREATE TABLE metering.query_usage (
    pool_id uuid NOT NULL,
    query_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    day date NOT NULL,
    late date,
    meter text NOT NULL CHECK (meter IN ('rows', 'queries')),
    contribution_id uuid,
    units bigint NOT NULL CHECK (units > 0),
    CHECK ((meter = 'queries') = (contribution_id IS NULL)),
    UNIQUE NULLS NOT DISTINCT (pool_id, query_id, meter, contribution_id)
);
CREATE INDEX query_usage_by_day ON metering.query_usage (pool_id, day);
COMMENT ON TABLE metering.query_usage IS 'usage of queries: one of meter queries, and rows in shown cells by contribution; counted into usage_day in the same transaction';
COMMENT ON COLUMN metering.query_usage.late IS 'the month it belongs to where that was sealed before: then day lies in a later month';

CREATE VIEW metering.query_overview AS
    SELECT q.pool_id, q.id AS query_id, q.grant_id, q.organisation_id, pg_catalog.encode(q.fingerprint, 'hex') AS fingerprint, q.question, q.terms_sha256,
        q.consent_epoch, q.grant_epoch, q.cells, q.rows, q.suppressed, q.same_as, q.asked_at
    FROM metering.query AS q;
COMMENT ON VIEW metering.query_overview IS 'for the auditor: what was asked and how much was shown';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['query', 'query_answer', 'query_usage'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metering.%I
            FOR EACH STATEMENT EXECUTE FUNCTION metering.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE metering.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;

RESET ROLE;
