-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: taken by everybody who adds to usage_day of a pool, before the statement that places the usage (metering.place_usage) and adds it:
--          many add at once; closing a month waits for them and they for it. Of several pools in the order of their ids. Lines of usage_day
--          are added in the order (pool_id, day, grant_id, meter COLLATE "C", contribution_id, late), NULL last, so that nobody waits crosswise.
-- Outcomes: none.
-- Locks: advisory transaction lock metering.pool_lock of the pool, shared. Closing and rebuilding take it exclusive.
CREATE OR REPLACE FUNCTION metering.lock_usage(p_pool uuid) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(metering.pool_lock(p_pool));
END
$$;
