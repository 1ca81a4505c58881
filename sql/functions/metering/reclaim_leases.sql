-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: deletes leases of one quota without heartbeat for 30 s; the caller holds the quota's row and books what comes back.
-- Outcomes: none; the units that were still unused.
-- Locks: the leases deleted; one that its holder is using is passed over, so that nobody waits crosswise.
CREATE OR REPLACE FUNCTION metering.reclaim_leases(p_pool uuid, p_grant uuid, p_meter text, p_period text, p_start date) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH dead AS (
        SELECT l.holder FROM metering.quota_lease AS l
        WHERE l.pool_id = p_pool AND l.grant_id = p_grant AND l.meter = p_meter AND l.period = p_period AND l.starts_on = p_start
            AND l.heartbeat_at < pg_catalog.clock_timestamp() - interval '30 seconds'
        FOR UPDATE SKIP LOCKED),
    gone AS (
        DELETE FROM metering.quota_lease AS l USING dead AS d
        WHERE l.pool_id = p_pool AND l.grant_id = p_grant AND l.meter = p_meter AND l.period = p_period AND l.starts_on = p_start
            AND l.holder = d.holder
        RETURNING l.units)
    SELECT COALESCE(pg_catalog.sum(units), 0)::bigint FROM gone;
$$;
