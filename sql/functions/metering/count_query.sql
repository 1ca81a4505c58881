-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the usage of an answered query: one of meter queries, and the rows of each contribution, into query_usage and the rollup.
-- Outcomes: none.
-- Locks: metering.lock_usage of the pool; the rollup's rows.
CREATE OR REPLACE FUNCTION metering.count_query(p_pool uuid, p_query uuid, p_grant uuid, p_contributions uuid[], p_counts bigint[])
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz;
    v_place record;
BEGIN
    PERFORM metering.lock_usage(p_pool);
    v_now := pg_catalog.clock_timestamp();
    SELECT * INTO v_place FROM metering.place_usage(p_pool, (v_now AT TIME ZONE 'UTC')::date, v_now);
    INSERT INTO metering.query_usage (pool_id, query_id, grant_id, asked_at, day, late, meter, contribution_id, units)
    SELECT p_pool, p_query, p_grant, v_now, v_place.day, v_place.late, 'queries', NULL, 1
    UNION ALL
    SELECT p_pool, p_query, p_grant, v_now, v_place.day, v_place.late, 'rows', u.id, u.n FROM unnest(p_contributions, p_counts) AS u (id, n);
    INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, late, units)
    SELECT u.pool_id, u.day, u.grant_id, u.meter, u.contribution_id, u.late, u.units FROM metering.query_usage AS u
    WHERE u.pool_id = p_pool AND u.query_id = p_query
    ORDER BY u.meter COLLATE "C", u.contribution_id
    ON CONFLICT (pool_id, day, grant_id, meter, contribution_id, late) DO UPDATE SET units = usage_day.units + EXCLUDED.units;
END
$$;
