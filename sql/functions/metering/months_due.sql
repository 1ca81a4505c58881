-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: months that are over plus seal_grace_seconds of the charter and not closed: those with usage, and those in which a grant was in
--          force, for a month without usage is billed too. The latter from the month metering.clock 'seal_empty' on: what was never sealed
--          before there was this rule is not billed after years.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.months_due() RETURNS TABLE (pool_id uuid, month date)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE used AS ( -- each pool once, by the index, however many lines it has
        (SELECT u.pool_id, u.day FROM metering.usage_day AS u ORDER BY u.pool_id, u.day LIMIT 1)
        UNION ALL
        SELECT n.pool_id, n.day FROM used AS v CROSS JOIN LATERAL (
            SELECT u.pool_id, u.day FROM metering.usage_day AS u WHERE u.pool_id > v.pool_id ORDER BY u.pool_id, u.day LIMIT 1) AS n),
    granted AS (
        SELECT g.pool_id, GREATEST(pg_catalog.min(g.from_at), (SELECT c.at FROM metering.clock AS c WHERE c.name = 'seal_empty')) AS at
        FROM licensing.grant_overview AS g GROUP BY g.pool_id),
    last AS (
        SELECT pg_catalog.clock_timestamp() - COALESCE((SELECT (c.doc #>> '{durations,seal_grace_seconds}')::bigint FROM governance.charter_in_force AS c
            LIMIT 1), 259200) * interval '1 second' AS at),
    candidate AS (
        SELECT u.pool_id, u.day::timestamp AS first, true AS with_usage FROM used AS u
        UNION ALL SELECT g.pool_id, g.at AT TIME ZONE 'UTC', false FROM granted AS g)
    SELECT DISTINCT c.pool_id, m.month::date FROM last AS l, candidate AS c, LATERAL pg_catalog.generate_series(pg_catalog.date_trunc('month', c.first),
        pg_catalog.date_trunc('month', l.at AT TIME ZONE 'UTC') - interval '1 month', interval '1 month') AS m (month)
    WHERE NOT EXISTS (SELECT FROM metering.closed_month AS k WHERE k.pool_id = c.pool_id AND k.month = m.month::date)
        AND CASE WHEN c.with_usage THEN EXISTS (SELECT FROM metering.usage_day AS u WHERE u.pool_id = c.pool_id AND u.day >= m.month::date
                AND u.day < (m.month + interval '1 month')::date)
            ELSE EXISTS (SELECT FROM licensing.grant_overview AS g WHERE g.pool_id = c.pool_id AND g.from_at < (m.month + interval '1 month') AT TIME ZONE 'UTC'
                AND (g.until_at IS NULL OR g.until_at > m.month AT TIME ZONE 'UTC')) END;
$$;
