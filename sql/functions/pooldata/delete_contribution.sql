-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: deletes the rows of one contribution.
-- Outcomes: none; the number of rows.
-- Locks: row locks.
CREATE OR REPLACE FUNCTION pooldata.delete_contribution(p_pool uuid, p_contribution uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rows bigint;
BEGIN
    EXECUTE pg_catalog.format('DELETE FROM pooldata.%I WHERE pool_id = $1 AND contribution_id = $2', pooldata.table_name(p_pool))
        USING p_pool, p_contribution;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END
$$;
