-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for the checks of metering: each thing that counts as usage of a pool and month of billing, one row for each contribution in it: a
--          batch that was sent and counted, an accepted event, an answered query.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.usage_of(p_pool uuid, p_month date)
RETURNS TABLE (kind text, id text, grant_id uuid, meter text, contribution_id uuid, units bigint, at timestamptz, acknowledged_at timestamptz, day date, late date)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'batch', b.delivery_id || '/' || b.no, b.grant_id, 'rows', c.id, b.counts[i.n], b.committed_at, b.settled_at, b.day, b.late
    FROM metering.batch AS b CROSS JOIN LATERAL pg_catalog.generate_subscripts(b.contributions, 1) AS i (n) LEFT JOIN licensing.contribution AS c ON c.no = b.contributions[i.n]
    WHERE b.pool_id = p_pool AND b.day >= p_month AND b.day < (p_month + interval '1 month')::date AND b.counts[i.n] > 0
    UNION ALL
    SELECT 'event', e.source_no || '/' || e.event_key, e.grant_id, e.meter, e.contribution_id, e.units, e.occurred_at, e.received_at,
        COALESCE(l.opens, pg_catalog.timezone('UTC', e.occurred_at)::date), CASE WHEN l.opens IS NOT NULL THEN audit.month_of(e.occurred_at) END
    FROM metering.usage_event AS e CROSS JOIN LATERAL (SELECT CASE WHEN EXISTS (SELECT FROM metering.closed_month AS c WHERE c.pool_id = p_pool
        AND c.month = audit.month_of(e.occurred_at) AND c.closed_at <= e.received_at) THEN audit.opens_after(p_pool, e.occurred_at, e.received_at) END AS opens) AS l
    WHERE e.pool_id = p_pool AND audit.month_of(COALESCE(l.opens::timestamp AT TIME ZONE 'UTC', e.occurred_at)) = p_month
    UNION ALL
    SELECT 'query', q.query_id::text, q.grant_id, q.meter, q.contribution_id, q.units, q.asked_at, q.asked_at, q.day, q.late
    FROM metering.query_usage AS q WHERE q.pool_id = p_pool AND q.day >= p_month AND q.day < (p_month + interval '1 month')::date;
$$;
