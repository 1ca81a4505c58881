-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the canonical texts of two terms documents of one pool that the actor may see: p_with older, p_id newer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_comparison(p_actor uuid, p_id uuid, p_with uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', pg_catalog.jsonb_build_object('pool_id', a.pool_id, 'new', a.canonical, 'old', b.canonical,
            'new_notice', (SELECT 1 + COALESCE(pg_catalog.max(n.n), 0) FROM licensing.notice AS n WHERE n.pool_id = a.pool_id)))
        FROM licensing.terms AS a JOIN licensing.terms AS b ON b.pool_id = a.pool_id AND b.id = p_with
        WHERE a.id = p_id AND (a.submitted_at IS NOT NULL AND b.submitted_at IS NOT NULL OR licensing.is_member(p_actor))),
        log.answer('not_found'));
$$;
