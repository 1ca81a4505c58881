-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the notices of a pool, newest first: what members consent to, each with what it says anew. Public, as the pool is.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_notices(p_actor uuid, p_pool text, p_limit integer, p_after integer) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool := licensing.find_pool(p_pool);
BEGIN
    IF v_pool.pool_id IS NULL OR v_pool.state = 'draft' AND NOT licensing.is_officer(p_actor) AND NOT licensing.is_member(p_actor) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN (WITH page AS (SELECT n.* FROM licensing.notice AS n WHERE n.pool_id = v_pool.pool_id AND (p_after IS NULL OR n.n < p_after)
                          ORDER BY n.n DESC LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('notice', p.n, 'language', p.language, 'text', p.text,
                'sha256', p.sha256, 'origin', p.origin, 'origin_version', p.origin_version, 'says', pg_catalog.to_jsonb(p.says),
                'at', log.time_text(p.at)) ORDER BY p.n DESC), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN pg_catalog.min(p.n)::text END))
        FROM page AS p);
END
$$;
