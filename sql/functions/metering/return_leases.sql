-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives the unused rest of a delivery's leases back to their quotas, of whatever period.
-- Outcomes: none.
-- Locks: the leases, then the quotas, in the order of meter and period.
CREATE OR REPLACE FUNCTION metering.return_leases(p_pool uuid, p_grant uuid, p_holder uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_lease metering.quota_lease;
BEGIN
    FOR v_lease IN WITH gone AS (
            DELETE FROM metering.quota_lease AS l WHERE l.pool_id = p_pool AND l.grant_id = p_grant AND l.holder = p_holder RETURNING l.*)
        SELECT g.* FROM gone AS g ORDER BY g.meter, g.period, g.starts_on LOOP
        PERFORM metering.give_back(p_pool, p_grant, v_lease.meter, v_lease.period, v_lease.starts_on, v_lease.units);
    END LOOP;
END
$$;
