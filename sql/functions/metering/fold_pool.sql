-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: adds up to p_most sent batches of a pool to usage_day and marks them in the same transaction: each is counted once.
--          Several may fold a pool at once: who comes second waits for the first one's batches and finds them counted.
-- Outcomes: none; how many.
-- Locks: metering.lock_usage of the pool; the batches; the rollup's rows, in their order.
CREATE OR REPLACE FUNCTION metering.fold_pool(p_pool uuid, p_most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_done integer;
BEGIN
    PERFORM metering.lock_usage(p_pool);
    WITH due AS (
        SELECT b.delivery_id, b.no, p.day, p.late FROM (
            SELECT x.delivery_id, x.no, x.committed_at FROM metering.batch AS x
            WHERE x.pool_id = p_pool AND x.state = 'sent' AND x.day IS NULL ORDER BY x.delivery_id, x.no LIMIT p_most FOR UPDATE) AS b,
            LATERAL metering.place_usage(p_pool, (b.committed_at AT TIME ZONE 'UTC')::date, pg_catalog.clock_timestamp()) AS p),
    folded AS (
        UPDATE metering.batch AS b SET day = d.day, late = d.late FROM due AS d
        WHERE b.pool_id = p_pool AND b.delivery_id = d.delivery_id AND b.no = d.no
        RETURNING b.day, b.late, b.grant_id, b.contributions, b.counts),
    added AS (
        INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, late, units)
        SELECT p_pool, f.day, f.grant_id, 'rows', c.contribution_id, f.late, pg_catalog.sum(v.n)
        FROM folded AS f, LATERAL unnest(f.contributions, f.counts) AS v (no, n)
        JOIN licensing.contribution_overview AS c ON c.contribution_no = v.no
        GROUP BY f.day, f.grant_id, c.contribution_id, f.late
        ORDER BY f.day, f.grant_id, c.contribution_id, f.late
        ON CONFLICT (pool_id, day, grant_id, meter, contribution_id, late) DO UPDATE SET units = usage_day.units + EXCLUDED.units)
    SELECT pg_catalog.count(*) INTO v_done FROM folded;
    RETURN v_done;
END
$$;
