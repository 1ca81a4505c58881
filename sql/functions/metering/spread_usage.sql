-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the lines of a month of a pool from its rollup. Units without a contribution are spread, for each grant and meter, over the
--          contributions that were in the pool in that month before it was closed, by their rows: quotients first, then one unit each to the largest
--          remainders, of equal ones to the smaller contribution id. Without any contribution they stay unattributed. Rows, beginning and end of
--          a contribution do not change once they are there, so the lines come out the same at any time after the closing.
-- Outcomes: none.
-- Locks: none; of a month that is still open the lines are those of this instant.
CREATE OR REPLACE FUNCTION metering.spread_usage(p_pool uuid, p_month date)
RETURNS TABLE (grant_id uuid, meter text, contribution_id uuid, units bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH used AS MATERIALIZED (
        SELECT u.grant_id, u.meter, u.contribution_id, pg_catalog.sum(u.units)::bigint AS units FROM metering.usage_day AS u
        WHERE u.pool_id = p_pool AND u.day >= p_month AND u.day < (p_month + interval '1 month')::date
        GROUP BY u.grant_id, u.meter, u.contribution_id),
    weight AS MATERIALIZED (
        SELECT c.contribution_id, c.rows::numeric, pg_catalog.sum(c.rows) OVER () AS total FROM licensing.contribution_overview AS c
        WHERE c.pool_id = p_pool AND c.rows > 0 AND c.state <> 'rejected' AND (c.until_at IS NULL OR c.until_at > p_month::timestamp AT TIME ZONE 'UTC')
            AND c.from_at < LEAST((p_month + interval '1 month') AT TIME ZONE 'UTC', COALESCE((SELECT k.closed_at FROM metering.closed_month AS k
                WHERE k.pool_id = p_pool AND k.month = p_month), pg_catalog.clock_timestamp()))),
    quotient AS (
        SELECT u.grant_id, u.meter, u.units, w.contribution_id, q.part, u.units * w.rows - q.part * w.total AS remainder
        FROM used AS u CROSS JOIN weight AS w CROSS JOIN LATERAL (SELECT pg_catalog.div(u.units * w.rows, w.total) AS part) AS q
        WHERE u.contribution_id IS NULL),
    share AS (
        SELECT q.grant_id, q.meter, q.contribution_id, q.part, q.units - pg_catalog.sum(q.part) OVER (PARTITION BY q.grant_id, q.meter) AS rest,
            pg_catalog.row_number() OVER (PARTITION BY q.grant_id, q.meter ORDER BY q.remainder DESC, q.contribution_id) AS place
        FROM quotient AS q)
    SELECT l.grant_id, l.meter, l.contribution_id, pg_catalog.sum(l.units)::bigint FROM (
        SELECT u.grant_id, u.meter, u.contribution_id, u.units::numeric FROM used AS u
        WHERE u.contribution_id IS NOT NULL OR NOT EXISTS (SELECT FROM weight)
        UNION ALL
        SELECT s.grant_id, s.meter, s.contribution_id, s.part + CASE WHEN s.place <= s.rest THEN 1 ELSE 0 END FROM share AS s
        WHERE s.part > 0 OR s.place <= s.rest) AS l
    GROUP BY l.grant_id, l.meter, l.contribution_id;
$$;
