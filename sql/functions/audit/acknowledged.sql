-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for M2 and C1: what was acknowledged as usage in a month: batches that left or may have left, events, queries by contribution. An
--          event is judged by what was known when it came, should its time lie ahead. No contribution is zeros.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.acknowledged(p_month date)
RETURNS TABLE (kind text, id text, pool_id uuid, grant_id uuid, contribution_id uuid, meter text, units bigint, at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'event', e.source_no || '/' || e.event_key, e.pool_id, e.grant_id, COALESCE(e.contribution_id, '00000000-0000-0000-0000-000000000000'), e.meter, e.units,
        LEAST(e.occurred_at, e.received_at)
    FROM metering.usage_event AS e
    WHERE e.received_at >= p_month::timestamp AT TIME ZONE 'UTC' AND e.received_at < (p_month + interval '1 month') AT TIME ZONE 'UTC'
    UNION ALL
    SELECT 'query', q.query_id::text, q.pool_id, q.grant_id, COALESCE(q.contribution_id, '00000000-0000-0000-0000-000000000000'), q.meter, q.units, q.asked_at
    FROM metering.query_usage AS q WHERE q.asked_at >= p_month::timestamp AT TIME ZONE 'UTC' AND q.asked_at < (p_month + interval '1 month') AT TIME ZONE 'UTC'
    UNION ALL
    SELECT 'batch', b.delivery_id || '/' || b.no, b.pool_id, b.grant_id, '00000000-0000-0000-0000-000000000000', 'rows', b.rows, b.committed_at
    FROM metering.batch AS b
    WHERE b.state <> 'unsent' AND b.committed_at >= p_month::timestamp AT TIME ZONE 'UTC' AND b.committed_at < (p_month + interval '1 month') AT TIME ZONE 'UTC';
$$;
