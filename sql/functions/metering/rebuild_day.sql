-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes the rollup of a pool and day again from batches, events and queries, to the same figures; for repairs.
-- Outcomes: none; how many lines differed before.
-- Locks: metering.pool_lock of the pool, exclusive: nobody adds meanwhile; the day's rows.
CREATE OR REPLACE FUNCTION metering.rebuild_day(p_pool uuid, p_day date) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_differ integer;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(metering.pool_lock(p_pool));
    CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS SELECT c.* FROM metering.count_day(p_pool, p_day) AS c;
    SELECT pg_catalog.count(*) INTO v_differ FROM (
        (SELECT u.grant_id, u.meter, u.contribution_id, u.late, u.units FROM metering.usage_day AS u WHERE u.pool_id = p_pool AND u.day = p_day
         EXCEPT SELECT c.* FROM pg_temp.rebuilt AS c)
        UNION ALL
        (SELECT c.* FROM pg_temp.rebuilt AS c
         EXCEPT SELECT u.grant_id, u.meter, u.contribution_id, u.late, u.units FROM metering.usage_day AS u WHERE u.pool_id = p_pool AND u.day = p_day)) AS d;
    IF v_differ > 0 THEN
        DELETE FROM metering.usage_day AS u WHERE u.pool_id = p_pool AND u.day = p_day;
        INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, late, units)
        SELECT p_pool, p_day, c.grant_id, c.meter, c.contribution_id, c.late, c.units FROM pg_temp.rebuilt AS c;
    END IF;
    DROP TABLE pg_temp.rebuilt;
    RETURN v_differ;
END
$$;
