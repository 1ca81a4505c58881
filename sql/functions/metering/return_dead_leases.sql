-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the worker's minute: leases whose process died and that nobody has asked for, also those of periods that are over, go back.
-- Outcomes: none; how many quotas got something back.
-- Locks: the quotas with dead leases, one after the other in the order of their keys; their dead leases.
CREATE OR REPLACE FUNCTION metering.return_dead_leases() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_quota record;
    v_done integer := 0;
BEGIN
    FOR v_quota IN SELECT DISTINCT l.pool_id, l.grant_id, l.meter, l.period, l.starts_on FROM metering.quota_lease AS l
        WHERE l.heartbeat_at < pg_catalog.clock_timestamp() - interval '30 seconds' ORDER BY 1, 2, 3, 4, 5 LOOP
        PERFORM FROM metering.quota AS q WHERE q.pool_id = v_quota.pool_id AND q.grant_id = v_quota.grant_id AND q.meter = v_quota.meter
            AND q.period = v_quota.period AND q.starts_on = v_quota.starts_on FOR UPDATE;
        PERFORM metering.give_back(v_quota.pool_id, v_quota.grant_id, v_quota.meter, v_quota.period, v_quota.starts_on,
            metering.reclaim_leases(v_quota.pool_id, v_quota.grant_id, v_quota.meter, v_quota.period, v_quota.starts_on));
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
