-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the actor's contributions, oldest first; with p_sha256 those of that file, announced or uploaded.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_contributions(p_actor uuid, p_sha256 text, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH page AS (SELECT c FROM licensing.contribution AS c WHERE c.member_id = p_actor AND (p_after IS NULL OR c.id > p_after)
                      AND (p_sha256 IS NULL OR p_sha256 IN (c.sha256, c.declared_sha256))
                  ORDER BY c.id LIMIT p_limit)
    SELECT log.answer('ok', pg_catalog.jsonb_build_object(
        'items', COALESCE(pg_catalog.jsonb_agg(licensing.contribution_body(c) ORDER BY (c).id), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg((c).id ORDER BY (c).id DESC))[1] END))
    FROM page;
$$;
