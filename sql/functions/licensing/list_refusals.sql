-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the public list of refused applications, those whose refusal is under appeal among them: the rules that refused, and what
--          council members gave as their reasons. The applicant's own texts are not here.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_refusals(p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH page AS (
        SELECT a.id, a.state, a.purpose, a.reasons, p.ref, o.name, COALESCE(e.at, a.changed_at) AS at, e.body -> 'reasons' AS given
        FROM licensing.application AS a JOIN licensing.pool AS p USING (pool_id)
        JOIN licensing.organisation AS o USING (organisation_id)
        LEFT JOIN LATERAL (SELECT x.at, x.body FROM licensing.application_event AS x
            WHERE x.application_id = a.id AND x.to_state = 'refused' ORDER BY x.seq DESC LIMIT 1) AS e ON true
        WHERE a.state IN ('refused', 'appealed') AND (p_after IS NULL OR a.id > p_after) ORDER BY a.id LIMIT p_limit)
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'application_id', g.id, 'organisation', g.name, 'pool', g.ref, 'purpose', g.purpose, 'reasons', g.reasons,
        'council_reasons', CASE WHEN g.reasons ? 'council' AND pg_catalog.jsonb_typeof(g.given) = 'array' THEN g.given ELSE '[]' END,
        'appealed', g.state = 'appealed', 'refused_at', log.time_text(g.at)) ORDER BY g.id), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(g.id ORDER BY g.id DESC))[1] END))
    FROM page AS g;
$$;
