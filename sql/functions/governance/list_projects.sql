-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: projects, newest first, one page; drafts only for their author.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_projects(p_actor uuid, p_state text, p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(governance.project_body(l.id, p_actor) ORDER BY l.id DESC), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(l.id ORDER BY l.id))[1] END))
    FROM (SELECT j.id FROM governance.project_now AS j WHERE (j.state <> 'draft' OR j.author = p_actor) AND (p_state IS NULL OR j.state = p_state)
              AND (p_after IS NULL OR j.id < p_after) ORDER BY j.id DESC LIMIT p_limit) AS l;
$$;
