-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: validates a pool charter for governance, at submission, at freeze and when it takes effect: all members there and well
--          formed, version next in line, schema hash that of the pool, quality weights summing to 1,000,000, asset held for
--          licensing.
-- Outcomes: none; {"errors":[{pointer,detail}]}.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_pool_charter(p_doc jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool;
    v_known text[] := ARRAY['charter', 'pool', 'version', 'title', 'description', 'purpose_statement', 'language', 'controller',
        'who_may_contribute', 'retention_days', 'storage_countries', 'processing_countries', 'jurisdiction', 'legal_basis',
        'special_category', 'spatial', 'temporal', 'update_frequency', 'keywords', 'quality', 'schema_sha256', 'notice'];
    v_errors jsonb;
BEGIN
    IF pg_catalog.jsonb_typeof(p_doc) IS DISTINCT FROM 'object' THEN
        RETURN pg_catalog.jsonb_build_object('errors', pg_catalog.jsonb_build_array(licensing.field_error('', 'a charter is an object')));
    END IF;
    v_pool := licensing.find_pool(p_doc ->> 'pool');
    SELECT COALESCE(pg_catalog.jsonb_agg(licensing.field_error(c.pointer, c.detail)), '[]') INTO v_errors FROM (
        SELECT '/' || k AS pointer, 'unknown member' AS detail FROM pg_catalog.jsonb_object_keys(p_doc) AS k WHERE k <> ALL (v_known)
        UNION ALL
        SELECT '/' || k, 'text of 1 to 10000 characters' FROM pg_catalog.unnest(ARRAY['title', 'description', 'purpose_statement',
            'language', 'who_may_contribute', 'jurisdiction', 'legal_basis', 'spatial', 'update_frequency', 'notice']) AS k
        WHERE COALESCE(pg_catalog.jsonb_typeof(p_doc -> k) <> 'string' OR pg_catalog.length(p_doc ->> k) NOT BETWEEN 1 AND 10000, true)
        UNION ALL
        SELECT '/controller/' || k, 'text of 1 to 500 characters' FROM pg_catalog.unnest(ARRAY['id', 'name', 'address', 'contact', 'type']) AS k
        WHERE COALESCE(pg_catalog.jsonb_typeof(p_doc #> ARRAY['controller', k]) <> 'string'
            OR pg_catalog.length(p_doc #>> ARRAY['controller', k]) NOT BETWEEN 1 AND 500, true)
        UNION ALL
        SELECT '/' || k, 'a list of ISO 3166-1 codes' FROM pg_catalog.unnest(ARRAY['storage_countries', 'processing_countries']) AS k
        WHERE COALESCE(pg_catalog.jsonb_typeof(p_doc -> k) <> 'array', true) OR p_doc -> k = '[]' OR EXISTS (
            SELECT FROM pg_catalog.jsonb_array_elements_text(CASE pg_catalog.jsonb_typeof(p_doc -> k) WHEN 'array' THEN p_doc -> k ELSE '[]' END)
                AS e (code) WHERE e.code NOT IN (SELECT r.code FROM licensing.region AS r))
        UNION ALL
        SELECT '/charter', 'the integer 1' WHERE (p_doc -> 'charter') IS DISTINCT FROM '1'::jsonb
        UNION ALL
        SELECT '/retention_days', 'an integer from 1 to 36500'
        WHERE COALESCE(p_doc ->> 'retention_days' !~ '^[1-9][0-9]{0,4}$' OR pg_catalog.jsonb_typeof(p_doc -> 'retention_days') <> 'number', true)
        UNION ALL
        SELECT '/special_category', 'true or false' WHERE COALESCE(pg_catalog.jsonb_typeof(p_doc -> 'special_category') <> 'boolean', true)
        UNION ALL
        SELECT '/temporal', 'an object with from and until' WHERE COALESCE(pg_catalog.jsonb_typeof(p_doc -> 'temporal') <> 'object', true)
        UNION ALL
        SELECT '/keywords', 'a list of texts' WHERE COALESCE(pg_catalog.jsonb_typeof(p_doc -> 'keywords') <> 'array', true)
        UNION ALL
        SELECT '/pool', 'no such pool, or it is closed' WHERE v_pool.pool_id IS NULL OR v_pool.state = 'closed'
        UNION ALL
        SELECT '/schema_sha256', 'not the hash of the pool''s schema' WHERE (p_doc ->> 'schema_sha256') IS DISTINCT FROM v_pool.schema_sha256
        UNION ALL
        SELECT '/version', 'not the next version of this charter' WHERE (p_doc -> 'version') IS DISTINCT FROM pg_catalog.to_jsonb(
            1 + COALESCE((SELECT pg_catalog.max(v.version) FROM licensing.pool_version AS v WHERE v.pool_id = v_pool.pool_id), 0))
        UNION ALL
        SELECT '/pool', 'there is no asset pool-' || v_pool.ref || ' with disposition licensed_only' WHERE v_pool.pool_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM governance.asset_in_force AS a
                            WHERE a.ref = 'pool-' || v_pool.ref AND a.kind = 'pool' AND a.disposition = 'licensed_only')
    ) AS c;
    RETURN pg_catalog.jsonb_build_object('errors', v_errors || licensing.check_quality(p_doc -> 'quality', v_pool.schema));
END
$$;
