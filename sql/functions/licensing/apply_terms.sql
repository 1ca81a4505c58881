-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of terms that came into force: where they are wider, a new notice is numbered and the members
--          concerned are asked again (their old consent stays for the old scope only); offers on older terms go back to screening
--          by licensing.end_offers. The comparison is the one with the terms that ruled before.
-- Outcomes: none; how many.
-- Locks: advisory locks of the pools, exclusive.
CREATE OR REPLACE FUNCTION licensing.apply_terms() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_pool licensing.pool;
    v_narrowing jsonb;
    v_notice integer;
    v_floor integer;
    v_text text;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT t.pool, t.version, t.sha256, t.doc FROM governance.terms_in_force AS t
        WHERE t.from_at <= pg_catalog.clock_timestamp() AND NOT EXISTS (
            SELECT FROM licensing.terms_enacted AS e JOIN licensing.pool AS p USING (pool_id) WHERE p.ref = t.pool AND e.version = t.version)
        ORDER BY t.pool, t.version LOOP
        v_pool := licensing.find_pool(v_row.pool);
        CONTINUE WHEN v_pool.pool_id IS NULL OR v_pool.state = 'draft';
        PERFORM licensing.bump_consent_epoch(v_pool.pool_id);
        SELECT pg_catalog.max(n) INTO v_notice FROM licensing.notice WHERE pool_id = v_pool.pool_id;
        SELECT pg_catalog.max((r.v ->> 'notice_floor')::integer) INTO v_floor
        FROM pg_catalog.jsonb_array_elements(v_row.doc -> 'rules') AS r (v);
        SELECT r.narrowing INTO v_narrowing FROM licensing.terms_review AS r WHERE r.sha256 = v_row.sha256
        ORDER BY r.compared_with = COALESCE((SELECT e.sha256 FROM licensing.terms_enacted AS e WHERE e.pool_id = v_pool.pool_id
            ORDER BY e.version DESC LIMIT 1), '') DESC, r.at DESC LIMIT 1;
        IF v_floor > v_notice THEN
            v_text := pg_catalog.format('Version %s of the terms of pool %s allows more than before. The document: %s', v_row.version,
                v_row.pool, log.canonical(v_row.doc));
            INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version)
            VALUES (v_pool.pool_id, v_floor, 'en', v_text,
                pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(v_text, 'UTF8')), 'hex'), 'terms', v_row.version);
            PERFORM licensing.request_consents(v_pool.pool_id, v_narrowing, v_floor);
        END IF;
        INSERT INTO licensing.terms_enacted (pool_id, version, sha256, notice)
        VALUES (v_pool.pool_id, v_row.version, v_row.sha256, CASE WHEN v_floor > v_notice THEN v_floor END);
        PERFORM pg_catalog.pg_notify('licensing_terms', v_pool.ref);
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
