-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: rows of one contribution in the table of its pool, by its index.
-- Outcomes: none; 0 where the pool has no table.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.count_rows(p_pool uuid, p_contribution uuid) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows bigint := 0;
BEGIN
    IF pg_catalog.to_regclass('pooldata.' || pooldata.table_name(p_pool)) IS NOT NULL THEN
        EXECUTE pg_catalog.format('SELECT pg_catalog.count(*) FROM pooldata.%I WHERE pool_id = $1 AND contribution_id = $2', pooldata.table_name(p_pool))
            INTO v_rows USING p_pool, p_contribution;
    END IF;
    RETURN v_rows;
END
$$;
