-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the contributions that a pool's rows name, found by leaps through the index, not row by row.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.owners_of_rows(p_pool uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last uuid := '00000000-0000-0000-0000-000000000000';
    v_next text := pg_catalog.format('SELECT contribution_id FROM pooldata.%I WHERE pool_id = $1 AND contribution_id > $2 ORDER BY contribution_id LIMIT 1',
        pooldata.table_name(p_pool));
BEGIN
    IF pg_catalog.to_regclass('pooldata.' || pooldata.table_name(p_pool)) IS NULL THEN
        RETURN;
    END IF;
    LOOP
        EXECUTE v_next INTO v_last USING p_pool, v_last;
        EXIT WHEN v_last IS NULL;
        RETURN NEXT v_last;
    END LOOP;
END
$$;
