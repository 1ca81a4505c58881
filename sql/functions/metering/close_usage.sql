-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: closes a month of a pool: what has been sent is folded, and from the commit on usage of the month is late usage of the next open
--          one. Those who add wait for the commit, so this does nothing else: lines and tree are metering.seal_usage's.
-- Outcomes: none; false when it was closed before.
-- Locks: metering.pool_lock of the pool, exclusive, before any row; those of metering.fold_pool.
CREATE OR REPLACE FUNCTION metering.close_usage(p_pool uuid, p_ref text, p_month date, p_actor uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(metering.pool_lock(p_pool));
    IF EXISTS (SELECT FROM metering.closed_month AS c WHERE c.pool_id = p_pool AND c.month = p_month) THEN
        RETURN false;
    END IF;
    WHILE metering.fold_pool(p_pool, 1000) > 0 LOOP
    END LOOP;
    INSERT INTO metering.closed_month (pool_id, month, pool, closed_by, closed_at)
    VALUES (p_pool, p_month, p_ref, p_actor, pg_catalog.clock_timestamp());
    RETURN true;
END
$$;
