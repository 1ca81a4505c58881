-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what was acknowledged in an hour, a leaf for each thing: a batch when it was sent, an event when it was received, a query when it was
--          asked. A leaf is canonical JSON (RFC 8785): of a batch {batch, delivery, grant, meter, pool_id, sha256, units}, of an event {contribution,
--          event, grant, hash, meter, occurred_at, pool_id, source, units}, of a query {grant, meter, pool_id, query, units}; occurred_at in microseconds
--          since 1970, hash and sha256 in hex.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.hour_leaves(p_hour timestamptz) RETURNS TABLE (pool_id uuid, units bigint, leaf text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.pool_id, b.rows, pg_catalog.concat('{"batch":', b.no, ',"delivery":"', b.delivery_id, '","grant":"', b.grant_id, '","meter":"rows","pool_id":"', b.pool_id,
        '","sha256":"', pg_catalog.encode(b.body_sha256, 'hex'), '","units":', b.rows, '}')
    FROM metering.batch AS b WHERE b.state = 'sent' AND b.settled_at >= p_hour AND b.settled_at < p_hour + interval '1 hour'
    UNION ALL
    SELECT e.pool_id, e.units, pg_catalog.concat('{"contribution":', COALESCE('"' || e.contribution_id || '"', 'null'), ',"event":"', e.event_key, '","grant":"', e.grant_id,
        '","hash":"', pg_catalog.encode(e.content_hash, 'hex'), '","meter":"', e.meter, '","occurred_at":', (EXTRACT(EPOCH FROM e.occurred_at) * 1000000)::bigint,
        ',"pool_id":"', e.pool_id, '","source":', e.source_no, ',"units":', e.units, '}')
    FROM metering.usage_event AS e WHERE e.received_at >= p_hour AND e.received_at < p_hour + interval '1 hour'
    UNION ALL
    SELECT q.pool_id, pg_catalog.sum(q.units)::bigint, pg_catalog.concat('{"grant":"', q.grant_id, '","meter":"', q.meter, '","pool_id":"', q.pool_id, '","query":"', q.query_id,
        '","units":', pg_catalog.sum(q.units), '}')
    FROM metering.query_usage AS q WHERE q.asked_at >= p_hour AND q.asked_at < p_hour + interval '1 hour' GROUP BY q.pool_id, q.query_id, q.grant_id, q.meter;
$$;
