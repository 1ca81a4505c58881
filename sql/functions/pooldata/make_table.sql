-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: builds the typed table of a pool from its schema's fields.
-- Outcomes: none; a name or type outside the lists raises, because it is a bug of the caller.
-- Locks: that of CREATE TABLE.
CREATE OR REPLACE FUNCTION pooldata.make_table(p_pool uuid, p_fields jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_table text := pooldata.table_name(p_pool);
    v_columns text;
BEGIN
    IF pg_catalog.jsonb_array_length(p_fields) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION 'pooldata.make_table: 1 to 200 columns' USING ERRCODE = 'check_violation';
    END IF;
    SELECT pg_catalog.string_agg(', ' || pooldata.column_definition(f.v), '' ORDER BY f.n) INTO v_columns
    FROM pg_catalog.jsonb_array_elements(p_fields) WITH ORDINALITY AS f (v, n);
    EXECUTE pg_catalog.format('CREATE SEQUENCE pooldata.%I AS bigint', v_table || '_row');
    EXECUTE pg_catalog.format('CREATE TABLE pooldata.%I (pool_id uuid NOT NULL DEFAULT %L::uuid CHECK (pool_id = %L::uuid),
        row_id bigint NOT NULL DEFAULT pg_catalog.nextval(%L), contribution_id uuid NOT NULL%s, PRIMARY KEY (pool_id, row_id))',
        v_table, p_pool, p_pool, 'pooldata.' || v_table || '_row', v_columns);
    EXECUTE pg_catalog.format('CREATE INDEX %I ON pooldata.%I (pool_id, contribution_id)', v_table || '_by_contribution', v_table);
    EXECUTE pg_catalog.format('GRANT SELECT ON pooldata.%I TO ch_metering, ch_worker, ch_audit', v_table);
    EXECUTE pg_catalog.format('GRANT INSERT ON pooldata.%I TO ch_worker', v_table);
    EXECUTE pg_catalog.format('GRANT USAGE ON SEQUENCE pooldata.%I TO ch_worker', v_table || '_row');
    RETURN v_table;
END
$$;
