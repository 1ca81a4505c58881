-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a process says that it still sends these deliveries; p_pools has the pool of each.
-- Outcomes: none.
-- Locks: their rows of delivery_beat.
CREATE OR REPLACE FUNCTION metering.beat_deliveries(p_pools uuid[], p_deliveries uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO metering.delivery_beat (pool_id, delivery_id, at)
    SELECT d.pool_id, d.id, pg_catalog.clock_timestamp() FROM unnest(p_pools, p_deliveries) AS p (pool_id, id)
    JOIN metering.delivery AS d USING (pool_id, id) WHERE d.body_sha256 IS NULL ORDER BY 1, 2
    ON CONFLICT (pool_id, delivery_id) DO UPDATE SET at = EXCLUDED.at;
$$;
