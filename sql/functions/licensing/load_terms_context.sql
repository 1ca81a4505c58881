-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what C compares a draft with: the terms in force, the pool's schema and charter, and the notice that wider rules must
--          carry. That is the next notice; for the first terms of a pool the charter's own, since members consented knowing that
--          nothing was allowed yet and which purposes they allow.
-- Outcomes: ok, not_found, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_terms_context(p_actor uuid, p_pool text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool := licensing.find_pool(p_pool);
    v_terms record;
    v_notice integer;
BEGIN
    IF NOT licensing.is_member(p_actor) THEN
        RETURN log.refusal('forbidden', 'only active members draft terms');
    ELSIF v_pool.pool_id IS NULL OR v_pool.state = 'draft' THEN
        RETURN log.refusal('not_found', 'there is no such pool');
    END IF;
    v_terms := licensing.terms_now(v_pool.ref);
    SELECT pg_catalog.max(n) INTO v_notice FROM licensing.notice WHERE pool_id = v_pool.pool_id;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('pool_id', v_pool.pool_id, 'pool', v_pool.ref,
        'schema', v_pool.schema, 'schema_sha256', v_pool.schema_sha256, 'notice', v_notice,
        'new_notice', CASE WHEN v_terms.sha256 IS NULL THEN v_notice ELSE v_notice + 1 END,
        'compared_with', COALESCE(v_terms.sha256, ''), 'in_force', v_terms.canonical,
        'next_version', COALESCE(v_terms.version, 0) + 1,
        'special_category', (SELECT v.charter -> 'special_category' FROM licensing.pool_version AS v WHERE v.pool_id = v_pool.pool_id
                             ORDER BY v.version DESC LIMIT 1)));
END
$$;
