-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the contributions that a pool's rows name, found by leaps through the index, not row by row.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.owners_of_rows(p_pool uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_catalog.to_regclass('pooldata.' || pooldata.table_name(p_pool)) IS NOT NULL THEN
        RETURN QUERY EXECUTE pg_catalog.format('WITH RECURSIVE leap (id) AS ((SELECT t.contribution_id FROM pooldata.%1$I AS t WHERE t.pool_id = $1 ORDER BY t.contribution_id LIMIT 1)
            UNION ALL SELECT (SELECT t.contribution_id FROM pooldata.%1$I AS t WHERE t.pool_id = $1 AND t.contribution_id > l.id ORDER BY t.contribution_id LIMIT 1)
            FROM leap AS l WHERE l.id IS NOT NULL) SELECT l.id FROM leap AS l WHERE l.id IS NOT NULL', pooldata.table_name(p_pool)) USING p_pool;
    END IF;
END
$$;
