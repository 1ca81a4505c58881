-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: terms documents of a pool (or all), with those in force marked and the proposal that enacted a document; drafts only for members.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_terms(p_actor uuid, p_pool text, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (WITH page AS (
            SELECT t.id, t.version, t.sha256, t.submitted_at, t.created_at, p.ref,
                (SELECT w.sha256 FROM licensing.terms_now(p.ref) AS w) IS NOT DISTINCT FROM t.sha256 AS in_force
            FROM licensing.terms AS t JOIN licensing.pool AS p USING (pool_id)
            WHERE (p_pool IS NULL OR p.ref = p_pool) AND (p_after IS NULL OR t.id > p_after)
                AND (t.submitted_at IS NOT NULL OR licensing.is_member(p_actor))
            ORDER BY t.id LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(
            pg_catalog.jsonb_build_object('id', g.id, 'pool', g.ref, 'terms_version', g.version, 'sha256', g.sha256,
                'submitted', g.submitted_at IS NOT NULL, 'in_force', g.in_force AND g.submitted_at IS NOT NULL,
                'proposal_id', (SELECT f.proposal_id FROM governance.terms_in_force AS f WHERE f.pool = g.ref AND f.version = g.version AND f.sha256 = g.sha256),
                'created_at', log.time_text(g.created_at)) ORDER BY g.id), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(g.id ORDER BY g.id DESC))[1] END))
        FROM page AS g);
END
$$;
