-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of one pool charter in force: stores the version with the schema it cites, numbers a new notice
--          when it says something new, asks those again who consented, builds the typed table or gives it new columns, opens the
--          pool the first time, and closes it when the charter says so.
-- Outcomes: none; false when the pool's table is being written to just now: the next call tries again.
-- Locks: advisory lock of the pool, exclusive; the pool's row; the pool's table where it grows.
CREATE OR REPLACE FUNCTION licensing.apply_charter(p_charter governance.pool_charter_in_force) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool;
    v_before licensing.pool_version;
    v_schema licensing.pool_schema;
    v_columns text[];
    v_says text[];
    v_notice integer;
BEGIN
    SELECT * INTO v_pool FROM licensing.pool WHERE ref = p_charter.pool;
    PERFORM licensing.bump_consent_epoch(v_pool.pool_id);
    SELECT * INTO v_pool FROM licensing.pool WHERE pool_id = v_pool.pool_id FOR NO KEY UPDATE;
    SELECT * INTO v_schema FROM licensing.pool_schema AS s
    WHERE s.pool_id = v_pool.pool_id AND s.sha256 = p_charter.doc ->> 'schema_sha256' LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the charter cites a schema that is not there: %', p_charter.doc ->> 'schema_sha256' USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT * INTO v_before FROM licensing.pool_version AS v WHERE v.pool_id = v_pool.pool_id ORDER BY v.version DESC LIMIT 1;
    IF v_pool.state = 'draft' THEN
        PERFORM pooldata.make_table(v_pool.pool_id, v_schema.schema -> 'fields');
    ELSE
        PERFORM pooldata.add_columns(v_pool.pool_id, v_schema.schema -> 'fields');
    END IF;
    SELECT pg_catalog.array_agg(f.v ->> 'name') INTO v_columns
    FROM pg_catalog.jsonb_array_elements(v_schema.schema -> 'fields') AS f (v)
    WHERE v_before.version IS NOT NULL AND f.v ->> 'ch:sensitivity' <> 'none' AND NOT EXISTS (
        SELECT FROM pg_catalog.jsonb_array_elements(v_before.schema -> 'fields') AS o (v) WHERE o.v ->> 'name' = f.v ->> 'name');
    v_says := CASE WHEN v_before.version IS NULL THEN '{}' ELSE licensing.charter_news(v_before.charter, p_charter.doc, v_columns) END;
    SELECT pg_catalog.max(n) INTO v_notice FROM licensing.notice WHERE pool_id = v_pool.pool_id;
    IF v_says <> '{}' OR v_notice IS NULL THEN
        v_notice := COALESCE(v_notice, 0) + 1;
        INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version, says)
        VALUES (v_pool.pool_id, v_notice, p_charter.doc ->> 'language', p_charter.doc ->> 'notice',
            pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_charter.doc ->> 'notice', 'UTF8')), 'hex'), 'charter',
            p_charter.version, v_says);
        INSERT INTO licensing.column_notice (pool_id, column_name, notice)
        SELECT v_pool.pool_id, c, v_notice FROM pg_catalog.unnest(v_columns) AS c;
        PERFORM licensing.request_consents(v_pool.pool_id, pg_catalog.jsonb_build_object('pairs', (
            SELECT pg_catalog.jsonb_agg(DISTINCT pg_catalog.jsonb_build_object('purpose', c.purpose, 'org_class', c.recipient_class,
                'change', 'new')) FROM licensing.consent_current AS c WHERE c.pool_id = v_pool.pool_id AND c.permits)), v_notice);
    END IF;
    INSERT INTO licensing.pool_version (pool_id, version, charter, schema, sha256, schema_sha256, proposal_id, from_at, notice)
    VALUES (v_pool.pool_id, p_charter.version, p_charter.doc, v_schema.schema, p_charter.sha256, v_schema.sha256, p_charter.proposal_id,
        p_charter.from_at, v_notice);
    UPDATE licensing.pool SET title = p_charter.doc ->> 'title', schema = v_schema.schema, schema_canonical = v_schema.canonical,
        schema_sha256 = v_schema.sha256, revision = revision + 1,
        opened_at = COALESCE(opened_at, pg_catalog.clock_timestamp())
    WHERE pool_id = v_pool.pool_id;
    IF v_pool.state = 'draft' THEN
        PERFORM licensing.move_pool(v_pool.pool_id, 'open', 'charter', NULL);
    ELSIF p_charter.doc -> 'closing' = 'true' THEN
        PERFORM licensing.move_pool(v_pool.pool_id, 'closed', 'charter', NULL);
    END IF;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
