-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes the partition of one month of batch or usage_event. Rows of that month that came while it had none lie in the default
--          partition and move, in the same transaction. The table is made beside and attached, because CREATE TABLE ... PARTITION OF would
--          shut the parent for everybody.
-- Outcomes: none.
-- Locks: SHARE UPDATE EXCLUSIVE on the parent, ACCESS EXCLUSIVE on its default partition.
CREATE OR REPLACE FUNCTION metering.make_partition(p_table text, p_month date) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_part text := p_table || '_' || pg_catalog.to_char(p_month, 'YYYYMM');
    v_key text := CASE p_table WHEN 'batch' THEN 'delivery_id' ELSE 'event_key' END;
    v_from uuid := metering.month_key(p_month);
    v_to uuid := metering.month_key((p_month + interval '1 month')::date);
BEGIN
    EXECUTE pg_catalog.format('LOCK TABLE ONLY metering.%I IN SHARE UPDATE EXCLUSIVE MODE', p_table);
    EXECUTE pg_catalog.format('LOCK TABLE metering.%I IN ACCESS EXCLUSIVE MODE', p_table || '_other');
    EXECUTE pg_catalog.format('CREATE TABLE metering.%I (LIKE metering.%I INCLUDING ALL)', v_part, p_table);
    EXECUTE pg_catalog.format('WITH moved AS (DELETE FROM metering.%I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO metering.%I SELECT * FROM moved',
        p_table || '_other', v_key, v_from, v_key, v_to, v_part);
    EXECUTE pg_catalog.format('ALTER TABLE metering.%I ATTACH PARTITION metering.%I FOR VALUES FROM (%L) TO (%L)', p_table, v_part, v_from, v_to);
    IF p_table = 'batch' THEN
        EXECUTE pg_catalog.format('ALTER TABLE metering.%I ENABLE ALWAYS TRIGGER guard', v_part);
    END IF;
END
$$;
