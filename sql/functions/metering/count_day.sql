-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the rollup of a pool and day must say, counted from batches, events and queries alone.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.count_day(p_pool uuid, p_day date)
RETURNS TABLE (grant_id uuid, meter text, contribution_id uuid, late date, units bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT x.grant_id, x.meter, x.contribution_id, x.late, pg_catalog.sum(x.units)::bigint FROM (
        SELECT b.grant_id, 'rows' AS meter, c.contribution_id, b.late, v.n::bigint AS units
        FROM metering.batch AS b, LATERAL unnest(b.contributions, b.counts) AS v (no, n)
        JOIN licensing.contribution_overview AS c ON c.contribution_no = v.no
        WHERE b.pool_id = p_pool AND b.day = p_day
        UNION ALL
        SELECT e.grant_id, e.meter, e.contribution_id, e.late, e.units FROM metering.placed_event AS e WHERE e.pool_id = p_pool AND e.day = p_day
        UNION ALL
        SELECT q.grant_id, q.meter, q.contribution_id, q.late, q.units FROM metering.query_usage AS q WHERE q.pool_id = p_pool AND q.day = p_day) AS x
    GROUP BY x.grant_id, x.meter, x.contribution_id, x.late;
$$;
