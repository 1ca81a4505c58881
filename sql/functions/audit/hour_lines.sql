-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what was acknowledged in a pool in an hour (YYYY-MM-DDTHH), as the canonical text that the hour's tree has for leaves (docs/usage.md).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.hour_lines(p_pool text, p_hour text) RETURNS TABLE (line text, units bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH asked AS (SELECT p_pool::uuid AS pool_id, pg_catalog.to_timestamp(p_hour || ' +00', 'YYYY-MM-DD"T"HH24 TZH') AS at)
    SELECT log.canonical(pg_catalog.jsonb_build_object('batch', b.no, 'delivery', b.delivery_id, 'grant', b.grant_id, 'meter', 'rows', 'pool_id', b.pool_id,
        'sha256', pg_catalog.encode(b.body_sha256, 'hex'), 'units', b.rows)), b.rows::bigint
    FROM asked AS a JOIN metering.batch AS b USING (pool_id) WHERE b.state = 'sent' AND b.settled_at >= a.at AND b.settled_at < a.at + interval '1 hour'
    UNION ALL
    SELECT log.canonical(pg_catalog.jsonb_build_object('contribution', e.contribution_id, 'event', e.event_key, 'grant', e.grant_id, 'hash', pg_catalog.encode(e.content_hash, 'hex'),
        'meter', e.meter, 'occurred_at', (EXTRACT(EPOCH FROM e.occurred_at) * 1000000)::bigint, 'pool_id', e.pool_id, 'source', e.source_no, 'units', e.units)), e.units
    FROM asked AS a JOIN metering.usage_event AS e USING (pool_id) WHERE e.received_at >= a.at AND e.received_at < a.at + interval '1 hour'
    UNION ALL
    SELECT log.canonical(pg_catalog.jsonb_build_object('grant', q.grant_id, 'meter', q.meter, 'pool_id', q.pool_id, 'query', q.query_id, 'units', pg_catalog.sum(q.units))), pg_catalog.sum(q.units)::bigint
    FROM asked AS a JOIN metering.query_usage AS q USING (pool_id) WHERE q.asked_at >= a.at AND q.asked_at < a.at + interval '1 hour' GROUP BY q.pool_id, q.query_id, q.grant_id, q.meter;
$$;
