-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of pool charters that came into force: stores the version, numbers a new notice when its text
--          is new, builds the typed table and opens the pool the first time.
-- Outcomes: none; how many.
-- Locks: the pool's row.
CREATE OR REPLACE FUNCTION licensing.apply_charters() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_pool licensing.pool;
    v_hash text;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT c.pool, c.version, c.sha256, c.doc, c.proposal_id, c.from_at FROM governance.pool_charter_in_force AS c
        WHERE c.from_at <= pg_catalog.clock_timestamp() AND (c.until_at IS NULL OR c.until_at > pg_catalog.clock_timestamp())
            AND NOT EXISTS (SELECT FROM licensing.pool_version AS v JOIN licensing.pool AS p USING (pool_id)
                            WHERE p.ref = c.pool AND v.version >= c.version)
        ORDER BY c.pool, c.version LOOP
        SELECT * INTO v_pool FROM licensing.pool WHERE ref = v_row.pool FOR UPDATE;
        CONTINUE WHEN NOT FOUND;
        INSERT INTO licensing.pool_version (pool_id, version, charter, schema, sha256, schema_sha256, proposal_id, from_at)
        VALUES (v_pool.pool_id, v_row.version, v_row.doc, v_pool.schema, v_row.sha256, v_pool.schema_sha256, v_row.proposal_id, v_row.from_at);
        v_hash := pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(v_row.doc ->> 'notice', 'UTF8')), 'hex');
        IF NOT EXISTS (SELECT FROM licensing.notice AS n WHERE n.pool_id = v_pool.pool_id AND n.sha256 = v_hash) THEN
            INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version)
            VALUES (v_pool.pool_id, 1 + COALESCE((SELECT pg_catalog.max(x.n) FROM licensing.notice AS x WHERE x.pool_id = v_pool.pool_id), 0),
                    v_row.doc ->> 'language', v_row.doc ->> 'notice', v_hash, 'charter', v_row.version);
        END IF;
        IF v_pool.state = 'draft' THEN
            PERFORM pooldata.make_table(v_pool.pool_id, v_pool.schema -> 'fields');
            INSERT INTO licensing.consent_epoch (pool_id) VALUES (v_pool.pool_id) ON CONFLICT DO NOTHING;
            UPDATE licensing.pool SET state = 'open', opened_at = pg_catalog.clock_timestamp(), revision = revision + 1
            WHERE pool_id = v_pool.pool_id;
        END IF;
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
