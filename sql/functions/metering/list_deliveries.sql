-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: deliveries of the caller's organisation, newest first, keyset by id. One that runs, or whose process died, has the figures of the batches
--          that are known to have arrived.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.list_deliveries(p_organisation uuid, p_grant uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH page AS (
        SELECT d.* FROM metering.delivery AS d JOIN licensing.grant_overview AS g USING (grant_id)
        WHERE g.organisation_id = p_organisation AND (p_grant IS NULL OR d.grant_id = p_grant) AND (p_after IS NULL OR d.id < p_after)
        ORDER BY d.id DESC LIMIT p_limit + 1),
    shown AS (SELECT * FROM page ORDER BY id DESC LIMIT p_limit)
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', s.id,
        'grant_id', s.grant_id, 'pool', s.pool, 'state', s.state, 'reason', s.reason, 'opened_at', log.time_text(s.opened_at),
        'ended_at', log.time_text(s.ended_at), 'resumed_from', s.resumed_from, 'rows', COALESCE(s.rows, b.rows), 'bytes', COALESCE(s.bytes, b.bytes),
        'body_sha256', s.body_sha256) ORDER BY s.id DESC), '[]') FROM shown AS s CROSS JOIN LATERAL (
            SELECT COALESCE(pg_catalog.sum(n.rows + n.repeated), 0)::bigint AS rows, COALESCE(pg_catalog.sum(n.bytes), 0)::bigint AS bytes FROM metering.batch AS n
            WHERE s.rows IS NULL AND n.pool_id = s.pool_id AND n.delivery_id = s.id AND n.state = 'sent') AS b),
        'next', CASE WHEN (SELECT pg_catalog.count(*) FROM page) > p_limit THEN (SELECT s.id FROM shown AS s ORDER BY s.id LIMIT 1) END));
$$;
