-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps the Dataset that a worker made of a pool (p_doc NULL: the pool offers nothing), unless a later reading of the facts
--          has been kept already.
-- Outcomes: ok, stale.
-- Locks: the entry's row.
CREATE OR REPLACE FUNCTION licensing.store_catalogue(p_pool uuid, p_doc text, p_etag text, p_offered jsonb, p_loaded timestamptz,
    p_look timestamptz, p_count_ms integer) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO licensing.catalogue_entry AS e (pool_id, sort_key, doc, etag, offered, loaded_at, count_ms, look_at)
    SELECT p.pool_id, p.ref, p_doc, p_etag,
        COALESCE((SELECT pg_catalog.array_agg(DISTINCT o.v ->> 'purpose') FROM pg_catalog.jsonb_array_elements(p_offered) AS o (v)), '{}'),
        p_loaded, p_count_ms, p_look
    FROM licensing.pool AS p WHERE p.pool_id = p_pool
    ON CONFLICT (pool_id) DO UPDATE SET doc = EXCLUDED.doc, etag = EXCLUDED.etag, offered = EXCLUDED.offered,
        loaded_at = EXCLUDED.loaded_at, count_ms = EXCLUDED.count_ms, look_at = EXCLUDED.look_at
    WHERE e.loaded_at IS NULL OR e.loaded_at <= EXCLUDED.loaded_at;
    RETURN log.answer(CASE WHEN FOUND THEN 'ok' ELSE 'stale' END, NULL);
END
$$;
