-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: locks the quota of a grant's meter and period, made now where it is not there yet, and says how many units are left in it; where
--          those are fewer than p_want, leases without heartbeat for 30 s are taken back before.
-- Outcomes: none.
-- Locks: the quota's row; dead leases that nobody holds.
CREATE OR REPLACE FUNCTION metering.spare_quota(p_pool uuid, p_grant uuid, p_meter text, p_period text, p_start date, p_most bigint, p_want bigint)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_left bigint;
BEGIN
    INSERT INTO metering.quota (pool_id, grant_id, meter, period, starts_on, most) VALUES (p_pool, p_grant, p_meter, p_period, p_start, p_most)
    ON CONFLICT DO NOTHING;
    SELECT q.most - q.taken INTO STRICT v_left FROM metering.quota AS q WHERE q.pool_id = p_pool AND q.grant_id = p_grant AND q.meter = p_meter
        AND q.period = p_period AND q.starts_on = p_start FOR UPDATE;
    IF v_left < p_want THEN
        PERFORM metering.give_back(p_pool, p_grant, p_meter, p_period, p_start, metering.reclaim_leases(p_pool, p_grant, p_meter, p_period, p_start));
        SELECT q.most - q.taken INTO STRICT v_left FROM metering.quota AS q WHERE q.pool_id = p_pool AND q.grant_id = p_grant AND q.meter = p_meter
            AND q.period = p_period AND q.starts_on = p_start;
    END IF;
    RETURN v_left;
END
$$;
