-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of one version of terms that came into force: where it is wider, a new notice is numbered and the members
--          concerned are asked again (their old consent stays for the old scope only). The comparison is the one with the terms that
--          ruled before.
-- Outcomes: none.
-- Locks: advisory lock of the pool, exclusive.
CREATE OR REPLACE FUNCTION licensing.enact_terms(p_pool licensing.pool, p_terms governance.terms_in_force) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_narrowing jsonb;
    v_notice integer;
    v_floor integer;
    v_text text;
BEGIN
    PERFORM licensing.bump_consent_epoch(p_pool.pool_id);
    SELECT pg_catalog.max(n) INTO v_notice FROM licensing.notice WHERE pool_id = p_pool.pool_id;
    SELECT pg_catalog.max((r.v ->> 'notice_floor')::integer) INTO v_floor
    FROM pg_catalog.jsonb_array_elements(p_terms.doc -> 'rules') AS r (v);
    SELECT r.narrowing INTO v_narrowing FROM licensing.terms_review AS r WHERE r.sha256 = p_terms.sha256
    ORDER BY r.compared_with = COALESCE((SELECT e.sha256 FROM licensing.terms_enacted AS e WHERE e.pool_id = p_pool.pool_id
        ORDER BY e.version DESC LIMIT 1), '') DESC, r.at DESC LIMIT 1;
    IF v_floor > v_notice THEN
        v_text := pg_catalog.format('Version %s of the terms of pool %s allows more than before. The document: %s', p_terms.version,
            p_pool.ref, log.canonical(p_terms.doc));
        INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version)
        VALUES (p_pool.pool_id, v_floor, 'en', v_text,
            pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(v_text, 'UTF8')), 'hex'), 'terms', p_terms.version);
        PERFORM licensing.request_consents(p_pool.pool_id, v_narrowing, v_floor);
    END IF;
    INSERT INTO licensing.terms_enacted (pool_id, version, sha256, notice)
    VALUES (p_pool.pool_id, p_terms.version, p_terms.sha256, CASE WHEN v_floor > v_notice THEN v_floor END);
    PERFORM pg_catalog.pg_notify('licensing_terms', p_pool.ref);
END
$$;
