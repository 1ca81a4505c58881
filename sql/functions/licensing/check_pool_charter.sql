-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: validates a pool charter for governance, at submission, at freeze and when it takes effect: all members there and well
--          formed (licensing.check_charter_members), version next in line, schema hash that of the pool or of a schema that was found
--          to grow from it, quality weights summing to 1,000,000, asset held for licensing, no first charter that closes.
-- Outcomes: none; {"errors":[{pointer,detail}]}.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_pool_charter(p_doc jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool;
    v_schema jsonb;
    v_next integer;
    v_errors jsonb;
BEGIN
    IF pg_catalog.jsonb_typeof(p_doc) IS DISTINCT FROM 'object' THEN
        RETURN pg_catalog.jsonb_build_object('errors', pg_catalog.jsonb_build_array(licensing.field_error('', 'a charter is an object')));
    END IF;
    SELECT * INTO v_pool FROM licensing.pool WHERE ref = p_doc ->> 'pool';
    SELECT 1 + COALESCE(pg_catalog.max(v.version), 0) INTO v_next FROM licensing.pool_version AS v WHERE v.pool_id = v_pool.pool_id;
    SELECT s.schema INTO v_schema FROM licensing.pool_schema AS s
    WHERE s.pool_id = v_pool.pool_id AND s.sha256 = p_doc ->> 'schema_sha256'
        AND (s.sha256 = v_pool.schema_sha256 OR v_pool.state <> 'draft' AND s.follows = v_pool.schema_sha256)
    LIMIT 1;
    SELECT COALESCE(pg_catalog.jsonb_agg(licensing.field_error(c.pointer, c.detail)), '[]') INTO v_errors FROM (
        SELECT '/pool' AS pointer, 'no such pool, or it is closed' AS detail WHERE v_pool.pool_id IS NULL OR v_pool.state = 'closed'
        UNION ALL
        SELECT '/schema_sha256', CASE v_pool.state WHEN 'draft' THEN 'not the hash of the pool''s schema'
            ELSE 'neither the hash of the pool''s schema nor of one drafted to follow it' END
        WHERE v_pool.pool_id IS NOT NULL AND v_schema IS NULL
        UNION ALL
        SELECT '/version', 'not the next version of this charter' WHERE (p_doc -> 'version') IS DISTINCT FROM pg_catalog.to_jsonb(v_next)
        UNION ALL
        SELECT '/closing', 'a pool opens before it closes' WHERE p_doc -> 'closing' = 'true' AND v_pool.state = 'draft'
        UNION ALL
        SELECT '/pool', 'there is no asset pool-' || v_pool.ref || ' with disposition licensed_only' WHERE v_pool.pool_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM governance.asset_in_force AS a
                            WHERE a.ref = 'pool-' || v_pool.ref AND a.kind = 'pool' AND a.disposition = 'licensed_only')
    ) AS c;
    RETURN pg_catalog.jsonb_build_object('errors', v_errors || licensing.check_charter_members(p_doc)
        || licensing.check_quality(p_doc -> 'quality', v_schema));
END
$$;
