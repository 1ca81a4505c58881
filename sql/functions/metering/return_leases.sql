-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives the unused rest of a delivery's leases back to their quotas.
-- Outcomes: none.
-- Locks: the leases, then the quotas.
CREATE OR REPLACE FUNCTION metering.return_leases(p_pool uuid, p_grant uuid, p_holder uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH gone AS (
        DELETE FROM metering.quota_lease AS l WHERE l.pool_id = p_pool AND l.grant_id = p_grant AND l.holder = p_holder RETURNING l.*)
    UPDATE metering.quota AS q SET taken = q.taken - g.units FROM gone AS g
    WHERE q.pool_id = g.pool_id AND q.grant_id = g.grant_id AND q.meter = g.meter AND q.period = g.period AND q.starts_on = g.starts_on;
$$;
