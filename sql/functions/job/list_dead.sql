-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: jobs that were given up after their last attempt, by kind: how many, since when, and the newest one's reason; at most a hundred kinds.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION job.list_dead() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', d.kind, 'count', d.n, 'since', log.time_text(d.since), 'reason', d.reason) ORDER BY d.kind), '[]')
    FROM (SELECT j.kind, pg_catalog.count(*) AS n, pg_catalog.min(j.finished_at) AS since, (pg_catalog.array_agg(j.reason ORDER BY j.id DESC))[1] AS reason
          FROM job.job AS j WHERE j.state = 'dead' GROUP BY j.kind ORDER BY j.kind LIMIT 100) AS d;
$$;
