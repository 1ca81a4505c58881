-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the shape of a pool charter: no unknown member, each member there and of its form. Optional are closing and what a
--          consent record may say besides: collection_method, processing_method, rights, authority, necessity.
-- Outcomes: none; array of {pointer,detail}.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_charter_members(p_doc jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_controller text[] := ARRAY['id', 'name', 'address', 'contact', 'type'];
    v_texts text[] := ARRAY['description', 'purpose_statement', 'who_may_contribute', 'jurisdiction', 'legal_basis', 'spatial',
        'update_frequency', 'notice'];
    v_optional text[] := ARRAY['collection_method', 'processing_method', 'rights', 'authority', 'necessity'];
    v_others text[] := ARRAY['charter', 'pool', 'version', 'title', 'language', 'controller', 'retention_days', 'storage_countries',
        'processing_countries', 'special_category', 'temporal', 'keywords', 'quality', 'schema_sha256', 'closing'];
    v_errors jsonb;
BEGIN
    WITH given AS (SELECT m.key, m.value, pg_catalog.jsonb_typeof(m.value) AS type FROM pg_catalog.jsonb_each(p_doc) AS m),
    parts AS (
        SELECT '/' || k || '/' || e.n - 1 AS pointer, k, e.v FROM pg_catalog.unnest(ARRAY['storage_countries', 'processing_countries', 'keywords']) AS k,
            pg_catalog.jsonb_array_elements(CASE pg_catalog.jsonb_typeof(p_doc -> k) WHEN 'array' THEN p_doc -> k ELSE '[]' END)
            WITH ORDINALITY AS e (v, n)),
    holder AS (SELECT CASE pg_catalog.jsonb_typeof(p_doc -> k) WHEN 'object' THEN p_doc -> k ELSE '{}' END AS v, k
               FROM (VALUES ('controller'), ('temporal')) AS h (k)),
    fault AS (
        SELECT '/' || g.key AS pointer, 'unknown member' AS detail FROM given AS g WHERE g.key <> ALL (v_texts || v_optional || v_others)
        UNION ALL
        SELECT '/' || k, 'text of 1 to 10000 characters' FROM pg_catalog.unnest(v_texts || v_optional) AS k
        WHERE NOT (licensing.is_text(p_doc -> k, 1, 10000) OR k = ANY (v_optional) AND NOT p_doc ? k)
        UNION ALL
        SELECT '/title', 'text of 3 to 200 characters' WHERE NOT licensing.is_text(p_doc -> 'title', 3, 200)
        UNION ALL
        SELECT '/language', 'a language tag as de or pt-BR'
        WHERE NOT (licensing.is_text(p_doc -> 'language', 2, 35) AND p_doc ->> 'language' ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$')
        UNION ALL
        SELECT '/controller', 'an object with id, name, address, contact and type' WHERE NOT COALESCE(pg_catalog.jsonb_typeof(p_doc -> 'controller') = 'object', false)
        UNION ALL
        SELECT '/controller/' || m, 'text of 1 to 500 characters' FROM holder AS h, pg_catalog.unnest(v_controller) AS m
        WHERE h.k = 'controller' AND NOT licensing.is_text(h.v -> m, 1, 500)
        UNION ALL
        SELECT '/' || h.k || '/' || m, 'unknown member' FROM holder AS h, pg_catalog.jsonb_object_keys(h.v) AS m
        WHERE m <> ALL (CASE h.k WHEN 'controller' THEN v_controller ELSE ARRAY['from', 'until'] END)
        UNION ALL
        SELECT '/' || k, 'a list of ISO 3166-1 codes' FROM pg_catalog.unnest(ARRAY['storage_countries', 'processing_countries']) AS k
        WHERE COALESCE(pg_catalog.jsonb_typeof(p_doc -> k) <> 'array', true) OR p_doc -> k = '[]'
        UNION ALL
        SELECT p.pointer, 'no ISO 3166-1 code, or one that stands there already' FROM parts AS p
        WHERE p.k <> 'keywords' AND (pg_catalog.jsonb_typeof(p.v) <> 'string' OR NOT EXISTS (SELECT FROM licensing.region AS r WHERE r.code = p.v #>> '{}')
            OR (SELECT pg_catalog.count(*) FROM parts AS o WHERE o.k = p.k AND o.v = p.v) > 1)
        UNION ALL
        SELECT '/keywords', 'a list of at most 50 texts' WHERE COALESCE(pg_catalog.jsonb_typeof(p_doc -> 'keywords') <> 'array', true)
            OR (SELECT pg_catalog.count(*) FROM parts AS p WHERE p.k = 'keywords') > 50
        UNION ALL
        SELECT p.pointer, 'text of 1 to 100 characters' FROM parts AS p WHERE p.k = 'keywords' AND NOT licensing.is_text(p.v, 1, 100)
        UNION ALL
        SELECT '/charter', 'the integer 1' WHERE (p_doc -> 'charter') IS DISTINCT FROM '1'::jsonb
        UNION ALL
        SELECT '/retention_days', 'an integer from 1 to 36500'
        WHERE CASE WHEN p_doc ->> 'retention_days' ~ '^[1-9][0-9]{0,4}$' AND pg_catalog.jsonb_typeof(p_doc -> 'retention_days') = 'number'
            THEN (p_doc ->> 'retention_days')::integer > 36500 ELSE true END
        UNION ALL
        SELECT '/' || k, 'true or false' FROM pg_catalog.unnest(ARRAY['special_category', 'closing']) AS k
        WHERE CASE WHEN p_doc ? k THEN pg_catalog.jsonb_typeof(p_doc -> k) <> 'boolean' ELSE k = 'special_category' END
        UNION ALL
        SELECT '/temporal', 'an object with from and until: days as 2026-01-31, until may be null, and not before from'
        FROM holder AS h WHERE h.k = 'temporal' AND NOT licensing.is_period(h.v, true))
    SELECT COALESCE(pg_catalog.jsonb_agg(licensing.field_error(f.pointer, f.detail)), '[]') INTO v_errors FROM fault AS f;
    RETURN v_errors;
END
$$;
