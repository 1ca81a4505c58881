-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: number of the advisory lock under which usage of a pool is folded and sealed, one at a time.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.pool_lock(p_pool uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.hashtextextended('metering.pool ' || p_pool::text, 30);
$$;
