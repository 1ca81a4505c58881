-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: MET-U1 for one pool and month of billing: each line of usage_day is the sum of what was acknowledged under its key, and nothing
--          acknowledged is without one; it stands on the day of its time, or, where that month was closed before, on the first day of a later month as late usage of it;
--          what was sent is counted within the hour.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_usage(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH asked AS (SELECT pg_catalog.split_part(p_unit, ' ', 1)::uuid AS pool_id, pg_catalog.split_part(p_unit, ' ', 2)::date AS month),
    thing AS MATERIALIZED (SELECT u.* FROM asked AS a CROSS JOIN LATERAL audit.usage_of(a.pool_id, a.month) AS u),
    side AS (
        SELECT t.day, t.grant_id, t.meter, t.contribution_id, t.late, t.units::numeric AS due, 0 AS stored FROM thing AS t
        UNION ALL
        SELECT u.day, u.grant_id, u.meter, u.contribution_id, u.late, 0, u.units FROM asked AS a JOIN metering.usage_day AS u ON u.pool_id = a.pool_id
            AND u.day >= a.month AND u.day < (a.month + interval '1 month')::date),
    placed AS (
        SELECT DISTINCT t.kind, t.id, t.day, t.late, t.acknowledged_at, pg_catalog.timezone('UTC', t.at)::date AS due FROM thing AS t),
    judged AS (
        SELECT p.*, CASE WHEN p.late IS NULL THEN
                CASE WHEN p.day <> p.due THEN p.due::text
                    WHEN c.closed_at < p.acknowledged_at THEN 'late usage of ' || pg_catalog.to_char(c.month, 'YYYY-MM') END
            WHEN p.late <> pg_catalog.date_trunc('month', p.due::timestamp)::date THEN 'late usage of ' || pg_catalog.to_char(p.due, 'YYYY-MM')
            WHEN p.day <> pg_catalog.date_trunc('month', p.day::timestamp)::date OR p.day <= p.due THEN 'the first day of a later month'
            WHEN l.month IS NULL THEN p.due::text || ', for that month is open'
            WHEN c.closed_at < p.acknowledged_at THEN 'a month that was open' END AS expected
        FROM placed AS p CROSS JOIN asked AS a
        LEFT JOIN metering.closed_month AS c ON c.pool_id = a.pool_id AND c.month = a.month
        LEFT JOIN metering.closed_month AS l ON l.pool_id = a.pool_id AND l.month = p.late)
    SELECT 'usage', pg_catalog.concat_ws(' ', a.pool_id, s.day, s.grant_id, s.meter, s.contribution_id, 'late ' || pg_catalog.to_char(s.late, 'YYYY-MM')), 'units',
        pg_catalog.sum(s.due)::text, pg_catalog.sum(s.stored)::text,
        'the day''s line is not the sum of the batches sent, events accepted and queries answered under its key: metering.rebuild_day makes it again'
    FROM asked AS a CROSS JOIN side AS s GROUP BY a.pool_id, s.day, s.grant_id, s.meter, s.contribution_id, s.late HAVING pg_catalog.sum(s.due) <> pg_catalog.sum(s.stored)
    UNION ALL
    SELECT j.kind, j.id, 'day', j.expected, pg_catalog.concat_ws(' late usage of ', j.day, pg_catalog.to_char(j.late, 'YYYY-MM')),
        'usage is counted on a day that is not its own, or in a month that took no more'
    FROM judged AS j WHERE j.expected IS NOT NULL
    UNION ALL
    SELECT 'batch', b.delivery_id || '/' || b.no, 'counted', 'within the hour', 'not counted', 'a batch was sent and is no usage: does the worker run?'
    FROM asked AS a JOIN metering.batch AS b ON b.pool_id = a.pool_id WHERE b.state = 'sent' AND b.day IS NULL AND b.settled_at < pg_catalog.now() - interval '1 hour'
        AND audit.month_of(b.committed_at) = a.month;
$$;
