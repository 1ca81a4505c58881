-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: deliveries of a grant that are under way, the 100 newest: what is committed so far, how much of it is known to have arrived, and how
--          fast. Those of a process that has said nothing for 30 s are not among them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.live_deliveries(p_pool uuid, p_grant uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', d.id, 'opened_at', log.time_text(d.opened_at), 'resumed_from', d.resumed_from,
        'rows', b.rows, 'bytes', b.bytes, 'sent_rows', b.sent, 'last_batch_at', log.time_text(b.last_at),
        'rows_per_second', (b.rows / GREATEST(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - d.opened_at), 1))::bigint) ORDER BY d.id DESC), '[]')
    FROM (SELECT x.* FROM metering.delivery AS x WHERE x.pool_id = p_pool AND x.grant_id = p_grant AND x.state = 'open'
        AND metering.last_beat(x) > pg_catalog.clock_timestamp() - interval '30 seconds' ORDER BY x.id DESC LIMIT 100) AS d
    CROSS JOIN LATERAL (
        SELECT COALESCE(pg_catalog.sum(n.rows + n.repeated), 0)::bigint AS rows, COALESCE(pg_catalog.sum(n.bytes), 0)::bigint AS bytes,
            COALESCE(pg_catalog.sum(n.rows + n.repeated) FILTER (WHERE n.state = 'sent'), 0)::bigint AS sent, pg_catalog.max(n.committed_at) AS last_at
        FROM metering.batch AS n WHERE n.pool_id = d.pool_id AND n.delivery_id = d.id AND n.state <> 'unsent') AS b;
$$;
