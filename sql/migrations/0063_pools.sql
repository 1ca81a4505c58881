-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Pools that grow: schemas kept by their hash, what a notice says anew, columns that a notice came with, pauses and closings.
SET LOCAL ROLE ch_licensing_owner;

CREATE TABLE licensing.pool_schema (
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    follows text NOT NULL CHECK (follows = '' OR follows ~ '^[0-9a-f]{64}$'),
    schema jsonb NOT NULL,
    canonical text NOT NULL,
    author uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, sha256, follows),
    CHECK (sha256 = pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(canonical, 'UTF8')), 'hex'))
);
COMMENT ON TABLE licensing.pool_schema IS 'column contracts that were checked; a charter cites one by its hash, so that what is voted is what comes';
COMMENT ON COLUMN licensing.pool_schema.follows IS 'hash of the schema it was found to grow from; empty: made for a draft of the pool';
INSERT INTO licensing.pool_schema (pool_id, sha256, follows, schema, canonical, author)
SELECT pool_id, schema_sha256, '', schema, schema_canonical, created_by FROM licensing.pool;

ALTER TABLE licensing.pool_version ADD COLUMN notice integer;
COMMENT ON COLUMN licensing.pool_version.notice IS 'the current notice when this version came into force; NULL in versions older than this column';
ALTER TABLE licensing.notice ADD COLUMN says text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN licensing.notice.says IS 'what is new to members: members of the charter, and columns as column:<name>';

CREATE TABLE licensing.column_notice (
    pool_id uuid NOT NULL,
    column_name text NOT NULL CHECK (column_name ~ '^[a-z][a-z0-9_]{0,39}$'),
    notice integer NOT NULL,
    PRIMARY KEY (pool_id, column_name),
    FOREIGN KEY (pool_id, notice) REFERENCES licensing.notice (pool_id, n)
);
COMMENT ON TABLE licensing.column_notice IS 'quasi and direct columns that came later: rows of a member who has not answered this notice hold NULL there';

CREATE TABLE licensing.pool_event (
    pool_id uuid NOT NULL REFERENCES licensing.pool,
    seq integer NOT NULL CHECK (seq > 0),
    state text NOT NULL CHECK (state IN ('open', 'paused', 'closed')),
    reason text NOT NULL CHECK (pg_catalog.length(reason) BETWEEN 1 AND 1000),
    actor uuid,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (pool_id, seq)
);
COMMENT ON TABLE licensing.pool_event IS 'states of a pool after its draft, each with its reason; actor NULL: by a charter the members enacted';
INSERT INTO licensing.pool_event (pool_id, seq, state, reason, at)
SELECT pool_id, 1, state, 'charter', COALESCE(opened_at, created_at) FROM licensing.pool WHERE state <> 'draft';

ALTER TABLE licensing.contribution ADD COLUMN schema_version integer;
COMMENT ON COLUMN licensing.contribution.schema_version IS 'version of the pool whose schema and quality checks it was validated with';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['pool_schema', 'column_notice', 'pool_event'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing.%I
            FOR EACH STATEMENT EXECUTE FUNCTION licensing.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE licensing.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
END
$$;

RESET ROLE;
