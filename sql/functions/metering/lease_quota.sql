-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how many of p_want units of a meter a delivery may use now under all quotas of its grant: what its leases hold, filled up by
--          slices of 1 % of what is left (of requests, of which a delivery is one, none), at least what is wanted. The period is that of the transaction's start, so that store_batch finds the
--          same leases.
-- Outcomes: none; NULL: the grant has no quota of this meter.
-- Locks: the own leases; then those of metering.spare_quota for each quota that gives a slice. Who leases several meters does so in their order.
CREATE OR REPLACE FUNCTION metering.lease_quota(p_pool uuid, p_grant uuid, p_holder uuid, p_meter text, p_want bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_quota record;
    v_start date;
    v_units bigint;
    v_left bigint;
    v_slice bigint;
    v_allowed bigint;
BEGIN
    FOR v_quota IN SELECT * FROM metering.quotas_of(p_grant) AS q WHERE q.meter = p_meter LOOP
        v_start := metering.period_start(v_quota.period, pg_catalog.now());
        SELECT l.units INTO v_units FROM metering.quota_lease AS l WHERE l.pool_id = p_pool AND l.grant_id = p_grant AND l.meter = p_meter
            AND l.period = v_quota.period AND l.starts_on = v_start AND l.holder = p_holder FOR UPDATE;
        v_units := COALESCE(v_units, 0);
        IF v_units < p_want THEN
            v_left := metering.spare_quota(p_pool, p_grant, p_meter, v_quota.period, v_start, v_quota.most, p_want - v_units);
            v_slice := LEAST(v_left, GREATEST(p_want - v_units, CASE p_meter WHEN 'requests' THEN 0 ELSE v_left / 100 END));
            UPDATE metering.quota AS q SET taken = q.taken + v_slice WHERE q.pool_id = p_pool AND q.grant_id = p_grant
                AND q.meter = p_meter AND q.period = v_quota.period AND q.starts_on = v_start;
            INSERT INTO metering.quota_lease (pool_id, grant_id, meter, period, starts_on, holder, units, heartbeat_at)
            VALUES (p_pool, p_grant, p_meter, v_quota.period, v_start, p_holder, v_slice, pg_catalog.clock_timestamp())
            ON CONFLICT (pool_id, grant_id, meter, period, starts_on, holder)
            DO UPDATE SET units = quota_lease.units + EXCLUDED.units, heartbeat_at = EXCLUDED.heartbeat_at RETURNING units INTO v_units;
        END IF;
        v_allowed := LEAST(v_allowed, v_units, p_want);
    END LOOP;
    RETURN v_allowed;
END
$$;
