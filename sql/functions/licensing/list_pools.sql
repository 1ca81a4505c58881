-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: pools in order of their ref; drafts only for members.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_pools(p_actor uuid, p_limit integer, p_after text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_drafts boolean := licensing.is_officer(p_actor) OR licensing.is_member(p_actor);
BEGIN
    RETURN (WITH page AS (
            SELECT p FROM licensing.pool AS p
            WHERE (p_after IS NULL OR p.ref > p_after) AND (p.state <> 'draft' OR v_drafts) ORDER BY p.ref LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(licensing.pool_body(p) ORDER BY (p).ref), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN pg_catalog.max((p).ref) END))
        FROM page);
END
$$;
