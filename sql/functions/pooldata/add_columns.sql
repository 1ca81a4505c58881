-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives a pool's table the columns of a later schema that it does not have yet, all of them nullable.
-- Outcomes: none; how many. lock_not_available while somebody writes into the table: the caller comes again rather than letting
--          every reader of the pool queue behind it.
-- Locks: the table, ACCESS EXCLUSIVE, not waited for.
CREATE OR REPLACE FUNCTION pooldata.add_columns(p_pool uuid, p_fields jsonb) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_table text := pooldata.table_name(p_pool);
    v_field jsonb;
    v_added integer := 0;
BEGIN
    IF pg_catalog.jsonb_array_length(p_fields) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION 'pooldata.add_columns: 1 to 200 columns' USING ERRCODE = 'check_violation';
    END IF;
    FOR v_field IN SELECT f.v FROM pg_catalog.jsonb_array_elements(p_fields) WITH ORDINALITY AS f (v, n)
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                          WHERE a.attrelid = pg_catalog.format('pooldata.%I', v_table)::regclass AND a.attname = f.v ->> 'name'
                              AND a.attnum > 0 AND NOT a.attisdropped) ORDER BY f.n LOOP
        IF v_added = 0 THEN
            EXECUTE pg_catalog.format('LOCK TABLE pooldata.%I IN ACCESS EXCLUSIVE MODE NOWAIT', v_table);
        END IF;
        EXECUTE pg_catalog.format('ALTER TABLE pooldata.%I ADD COLUMN %s', v_table, pooldata.column_definition(v_field));
        v_added := v_added + 1;
    END LOOP;
    RETURN v_added;
END
$$;
