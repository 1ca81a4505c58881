-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the lines of a month of a pool from its rollup. Units without a contribution are spread over the pool's accepted
--          contributions by their rows, largest remainder, ties by contribution id; without any they stay unattributed.
-- Outcomes: none.
-- Locks: none; the caller holds metering.pool_lock.
CREATE OR REPLACE FUNCTION metering.spread_usage(p_pool uuid, p_month date)
RETURNS TABLE (grant_id uuid, meter text, contribution_id uuid, units bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH used AS (
        SELECT u.grant_id, u.meter, u.contribution_id, pg_catalog.sum(u.units)::bigint AS units FROM metering.usage_day AS u
        WHERE u.pool_id = p_pool AND u.day >= p_month AND u.day < (p_month + interval '1 month')::date
        GROUP BY u.grant_id, u.meter, u.contribution_id),
    weight AS (
        SELECT c.contribution_id, c.rows, pg_catalog.sum(c.rows) OVER () AS total FROM licensing.contribution_overview AS c
        WHERE c.pool_id = p_pool AND c.rows > 0 AND c.from_at < (p_month + interval '1 month') AT TIME ZONE 'UTC'
            AND (c.until_at IS NULL OR c.until_at > p_month::timestamp AT TIME ZONE 'UTC') AND c.state <> 'rejected'),
    share AS (
        SELECT u.grant_id, u.meter, w.contribution_id, u.units AS whole, pg_catalog.div(u.units::numeric * w.rows, w.total) AS part,
            pg_catalog.row_number() OVER (PARTITION BY u.grant_id, u.meter
                ORDER BY pg_catalog.mod(u.units::numeric * w.rows, w.total) DESC, w.contribution_id) AS place,
            pg_catalog.sum(pg_catalog.div(u.units::numeric * w.rows, w.total)) OVER (PARTITION BY u.grant_id, u.meter) AS given
        FROM used AS u CROSS JOIN weight AS w WHERE u.contribution_id IS NULL)
    SELECT l.grant_id, l.meter, l.contribution_id, pg_catalog.sum(l.units)::bigint FROM (
        SELECT u.grant_id, u.meter, u.contribution_id, u.units FROM used AS u
        WHERE u.contribution_id IS NOT NULL OR NOT EXISTS (SELECT FROM weight)
        UNION ALL
        SELECT s.grant_id, s.meter, s.contribution_id, (s.part + CASE WHEN s.place <= s.whole - s.given THEN 1 ELSE 0 END)::bigint FROM share AS s) AS l
    GROUP BY l.grant_id, l.meter, l.contribution_id HAVING pg_catalog.sum(l.units) > 0;
$$;
