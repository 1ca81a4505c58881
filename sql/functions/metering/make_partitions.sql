-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes the monthly partitions of batch and usage_event from the month before this one to three ahead.
-- Outcomes: none; how many were made.
-- Locks: advisory lock of its own; that of CREATE TABLE.
CREATE OR REPLACE FUNCTION metering.make_partitions() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_month date;
    v_table text;
    v_part text;
    v_made integer := 0;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('metering.make_partitions', 30));
    FOR v_month IN SELECT (pg_catalog.date_trunc('month', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') + n * interval '1 month')::date
                   FROM pg_catalog.generate_series(-1, 3) AS n LOOP
        FOREACH v_table IN ARRAY ARRAY['batch', 'usage_event'] LOOP
            v_part := v_table || '_' || pg_catalog.to_char(v_month, 'YYYYMM');
            CONTINUE WHEN pg_catalog.to_regclass('metering.' || v_part) IS NOT NULL;
            EXECUTE pg_catalog.format('CREATE TABLE metering.%I PARTITION OF metering.%I FOR VALUES FROM (%L) TO (%L)', v_part, v_table,
                metering.month_key(v_month), metering.month_key((v_month + interval '1 month')::date));
            IF v_table = 'batch' THEN
                EXECUTE pg_catalog.format('ALTER TABLE metering.%I ENABLE ALWAYS TRIGGER guard', v_part);
            END IF;
            v_made := v_made + 1;
        END LOOP;
    END LOOP;
    RETURN v_made;
END
$$;
