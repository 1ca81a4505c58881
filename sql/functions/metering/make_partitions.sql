-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes the monthly partitions of batch and usage_event from the month before this one to three ahead. Every minute by the worker, and
--          by migrate. One that somebody's long transaction stands in the way of is left for the next time: until then its rows go to the
--          default partition.
-- Outcomes: none; how many were made.
-- Locks: advisory lock of its own, not waited for; those of metering.make_partition, two seconds at most.
CREATE OR REPLACE FUNCTION metering.make_partitions() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    v_month date;
    v_table text;
    v_made integer := 0;
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('metering.make_partitions', 30)) THEN
        RETURN 0;
    END IF;
    FOR v_month IN SELECT (pg_catalog.date_trunc('month', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') + n * interval '1 month')::date
                   FROM pg_catalog.generate_series(-1, 3) AS n LOOP
        FOREACH v_table IN ARRAY ARRAY['batch', 'usage_event'] LOOP
            CONTINUE WHEN pg_catalog.to_regclass('metering.' || v_table || '_' || pg_catalog.to_char(v_month, 'YYYYMM')) IS NOT NULL;
            BEGIN
                PERFORM metering.make_partition(v_table, v_month);
                v_made := v_made + 1;
            EXCEPTION WHEN lock_not_available THEN
                RAISE WARNING 'the partition of metering.% for % waits for a long transaction; its rows go to %_other meanwhile', v_table, v_month, v_table;
            END;
        END LOOP;
    END LOOP;
    RETURN v_made;
END
$$;
