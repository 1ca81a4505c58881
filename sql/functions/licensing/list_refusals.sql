-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the public list of refused applications with the rules or council reasons that refused them.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_refusals(p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH page AS (SELECT a.id, a.purpose, a.reasons, a.changed_at, p.ref, o.name FROM licensing.application AS a JOIN licensing.pool AS p USING (pool_id)
                  JOIN licensing.organisation AS o USING (organisation_id)
                  WHERE a.state = 'refused' AND (p_after IS NULL OR a.id > p_after) ORDER BY a.id LIMIT p_limit)
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'application_id', g.id, 'organisation', g.name, 'pool', g.ref, 'purpose', g.purpose, 'reasons', g.reasons,
        'refused_at', log.time_text(g.changed_at)) ORDER BY g.id), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(g.id ORDER BY g.id DESC))[1] END))
    FROM page AS g;
$$;
