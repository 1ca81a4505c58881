-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: number of a pool's advisory lock. Deliveries take it shared, whatever changes consents, contributions or grants takes
--          it exclusively.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.pool_lock(p_pool uuid) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.hashtextextended('licensing.pool ' || p_pool::text, 20);
END
$$;
