-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: grants of a pool under which something may have been delivered, whatever their state now: those with a key.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.delivered_grants(p_pool uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT g.id FROM licensing.data_grant AS g JOIN metering.grant_key AS k ON k.grant_id = g.id WHERE g.pool_id = p_pool ORDER BY g.id;
$$;
