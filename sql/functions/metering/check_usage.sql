-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: invariant U1: each line of the rollup is the sum of the batches, events and queries counted under its key, and sealed lines are what the
--          rollup of their month comes to. No row: it holds. One statement, so it may be asked while others add.
-- Outcomes: none; NULL where one side has no line.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.check_usage() RETURNS TABLE (pool_id uuid, month date, grant_id uuid, meter text, contribution_id uuid, what text,
    expected bigint, found bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH side AS (
        SELECT b.pool_id, b.day, b.grant_id, 'rows' AS meter, c.contribution_id, b.late, v.n::bigint AS counted, NULL::bigint AS stored
        FROM metering.batch AS b, LATERAL unnest(b.contributions, b.counts) AS v (no, n)
        JOIN licensing.contribution_overview AS c ON c.contribution_no = v.no WHERE b.day IS NOT NULL
        UNION ALL
        SELECT e.pool_id, e.day, e.grant_id, e.meter, e.contribution_id, e.late, e.units, NULL FROM metering.placed_event AS e
        UNION ALL
        SELECT q.pool_id, q.day, q.grant_id, q.meter, q.contribution_id, q.late, q.units, NULL FROM metering.query_usage AS q
        UNION ALL
        SELECT u.pool_id, u.day, u.grant_id, u.meter, u.contribution_id, u.late, NULL, u.units FROM metering.usage_day AS u),
    sealed AS (
        SELECT s.pool_id, s.month, l.grant_id, l.meter, l.contribution_id, l.units AS counted, NULL::bigint AS stored
        FROM metering.seal AS s, LATERAL metering.spread_usage(s.pool_id, s.month) AS l
        UNION ALL
        SELECT u.pool_id, u.month, u.grant_id, u.meter, u.contribution_id, NULL, u.units FROM metering.sealed_usage AS u)
    SELECT d.pool_id, pg_catalog.date_trunc('month', d.day::timestamp)::date, d.grant_id, d.meter, d.contribution_id, 'usage_day',
        pg_catalog.sum(d.counted)::bigint, pg_catalog.sum(d.stored)::bigint
    FROM side AS d GROUP BY d.pool_id, d.day, d.grant_id, d.meter, d.contribution_id, d.late HAVING pg_catalog.sum(d.counted) IS DISTINCT FROM pg_catalog.sum(d.stored)
    UNION ALL
    SELECT m.pool_id, m.month, m.grant_id, m.meter, m.contribution_id, 'sealed_usage', pg_catalog.sum(m.counted)::bigint, pg_catalog.sum(m.stored)::bigint
    FROM sealed AS m GROUP BY m.pool_id, m.month, m.grant_id, m.meter, m.contribution_id HAVING pg_catalog.sum(m.counted) IS DISTINCT FROM pg_catalog.sum(m.stored);
$$;
