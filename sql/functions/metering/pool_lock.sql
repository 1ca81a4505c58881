-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: number of the advisory lock of a pool's usage: shared by those who add (metering.lock_usage), exclusive for closing and rebuilding.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.pool_lock(p_pool uuid) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.hashtextextended('metering.pool ' || p_pool::text, 30);
END
$$;
