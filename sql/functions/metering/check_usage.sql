-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: invariant U1: per pool and month, batches and events say what the rollup says, and sealed lines say what the rollup of
--          their month says. No row: it holds.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.check_usage() RETURNS TABLE (pool_id uuid, month date, grant_id uuid, meter text, contribution_id uuid, what text,
    expected bigint, found bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH day AS (
        SELECT b.pool_id, b.day FROM metering.batch AS b WHERE b.day IS NOT NULL
        UNION SELECT u.pool_id, u.day FROM metering.usage_day AS u
        UNION SELECT e.pool_id, p.day FROM metering.usage_event AS e,
            LATERAL metering.place_usage(e.pool_id, (e.occurred_at AT TIME ZONE 'UTC')::date, e.received_at) AS p),
    counted AS (
        SELECT d.pool_id, pg_catalog.date_trunc('month', d.day::timestamp)::date AS month, c.grant_id, c.meter, c.contribution_id, pg_catalog.sum(c.units)::bigint AS units
        FROM day AS d, LATERAL metering.count_day(d.pool_id, d.day) AS c GROUP BY 1, 2, 3, 4, 5),
    rolled AS (
        SELECT u.pool_id, pg_catalog.date_trunc('month', u.day::timestamp)::date AS month, u.grant_id, u.meter, u.contribution_id, pg_catalog.sum(u.units)::bigint AS units
        FROM metering.usage_day AS u GROUP BY 1, 2, 3, 4, 5),
    spread AS (
        SELECT s.pool_id, s.month, l.grant_id, l.meter, l.contribution_id, l.units FROM metering.seal AS s, LATERAL metering.spread_usage(s.pool_id, s.month) AS l)
    SELECT COALESCE(c.pool_id, r.pool_id), COALESCE(c.month, r.month), COALESCE(c.grant_id, r.grant_id), COALESCE(c.meter, r.meter),
        COALESCE(c.contribution_id, r.contribution_id), 'usage_day', c.units, r.units
    FROM counted AS c FULL JOIN rolled AS r ON r.pool_id = c.pool_id AND r.month = c.month AND r.grant_id = c.grant_id AND r.meter = c.meter
        AND COALESCE(r.contribution_id::text, '') = COALESCE(c.contribution_id::text, '') WHERE c.units IS DISTINCT FROM r.units
    UNION ALL
    SELECT COALESCE(p.pool_id, s.pool_id), COALESCE(p.month, s.month), COALESCE(p.grant_id, s.grant_id), COALESCE(p.meter, s.meter),
        COALESCE(p.contribution_id, s.contribution_id), 'sealed_usage', p.units, s.units
    FROM spread AS p FULL JOIN metering.sealed_usage AS s ON s.pool_id = p.pool_id AND s.month = p.month AND s.grant_id = p.grant_id AND s.meter = p.meter
        AND COALESCE(s.contribution_id::text, '') = COALESCE(p.contribution_id::text, '') WHERE p.units IS DISTINCT FROM s.units;
$$;
