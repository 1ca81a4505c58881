-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the contributions that a pool's rows name, found by leaps through the index where each has many rows, else row by row.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.owners_of_rows(p_pool uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_leaps CONSTANT text := 'WITH RECURSIVE leap (id) AS ((SELECT t.contribution_id FROM pooldata.%1$I AS t WHERE t.pool_id = $1 ORDER BY t.contribution_id LIMIT 1)
            UNION ALL SELECT (SELECT t.contribution_id FROM pooldata.%1$I AS t WHERE t.pool_id = $1 AND t.contribution_id > l.id ORDER BY t.contribution_id LIMIT 1)
            FROM leap AS l WHERE l.id IS NOT NULL) SELECT l.id FROM leap AS l WHERE l.id IS NOT NULL';
    c_rows CONSTANT text := 'SELECT DISTINCT t.contribution_id FROM pooldata.%1$I AS t WHERE t.pool_id = $1';
    -- A leap costs as much as reading so many rows.
    c_leap CONSTANT integer := 50;
    v_table text := pooldata.table_name(p_pool);
    v_rows real := (SELECT r.reltuples FROM pg_catalog.pg_class AS r WHERE r.oid = pg_catalog.to_regclass('pooldata.' || v_table));
BEGIN
    IF v_rows IS NOT NULL THEN
        RETURN QUERY EXECUTE pg_catalog.format(CASE WHEN v_rows < c_leap * (SELECT pg_catalog.count(*) FROM licensing.contribution AS c WHERE c.pool_id = p_pool) THEN c_rows ELSE c_leaps END, v_table)
            USING p_pool;
    END IF;
END
$$;
