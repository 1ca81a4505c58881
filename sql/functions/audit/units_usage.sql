-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of MET-U1 and MET-U2: pools and months of billing. A digest holds every line and thing that counts there, in any order, the
--          month's closing, and what was sent in it and waited for over an hour to be counted.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_usage(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH thing AS (
        SELECT 'line' AS what, u.pool_id, u.day, u.units::numeric AS units, pg_catalog.concat_ws('|', u.grant_id, u.meter, u.contribution_id, u.day, u.late, u.units) AS text
        FROM metering.usage_day AS u
        UNION ALL
        SELECT 'batch', b.pool_id, COALESCE(b.day, pg_catalog.timezone('UTC', b.committed_at)::date), b.rows, pg_catalog.concat_ws('|', b.delivery_id, b.no, b.grant_id, b.committed_at,
            b.settled_at, b.day, b.late, b.contributions::text, b.counts::text, b.day IS NULL AND b.settled_at < pg_catalog.now() - interval '1 hour')
        FROM metering.batch AS b WHERE b.state = 'sent'
        UNION ALL
        SELECT 'event', e.pool_id, CASE WHEN EXISTS (SELECT FROM metering.closed_month AS c WHERE c.pool_id = e.pool_id AND c.month = audit.month_of(e.occurred_at) AND c.closed_at <= e.received_at)
                THEN audit.opens_after(e.pool_id, e.occurred_at, e.received_at) ELSE pg_catalog.timezone('UTC', e.occurred_at)::date END,
            e.units, pg_catalog.concat_ws('|', e.source_no, e.event_key, e.grant_id, e.meter, e.contribution_id, e.units, e.occurred_at, e.received_at)
        FROM metering.usage_event AS e
        UNION ALL
        SELECT 'query', q.pool_id, q.day, q.units, pg_catalog.concat_ws('|', q.query_id, q.grant_id, q.meter, q.contribution_id, q.units, q.asked_at, q.day, q.late)
        FROM metering.query_usage AS q
        UNION ALL
        SELECT 'sealed', s.pool_id, s.month, s.units, pg_catalog.concat_ws('|', s.grant_id, s.meter, s.contribution_id, s.units) FROM metering.sealed_usage AS s
        UNION ALL
        SELECT 'closing', c.pool_id, c.month, 0, c.closed_at::text FROM metering.closed_month AS c),
    part AS (
        SELECT t.pool_id, pg_catalog.date_trunc('month', t.day::timestamp)::date AS month, t.what, pg_catalog.concat_ws(',', t.what, pg_catalog.count(*), pg_catalog.sum(t.units),
            pg_catalog.sum(pg_catalog.hashtextextended(t.text, 0)::numeric), pg_catalog.sum(pg_catalog.hashtextextended(t.text, 1)::numeric)) AS text
        FROM thing AS t GROUP BY 1, 2, 3)
    SELECT p.pool_id || ' ' || p.month, p.month::text, CASE WHEN p_months IS NULL OR p.month = ANY (p_months) THEN audit.digest(pg_catalog.string_agg(p.text, ';' ORDER BY p.what)) END
    FROM part AS p GROUP BY p.pool_id, p.month;
$$;
