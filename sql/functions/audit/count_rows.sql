-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: rows of these contributions in the table of their pool; of one that has none there is no row. Asked once for all of them: a plan for each
--          costs more than its counting, and where they are most of the pool's, so does looking each of its rows up among them: others come too then.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.count_rows(p_pool uuid, p_contributions uuid[]) RETURNS TABLE (id uuid, rows bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_contributions IS NOT NULL AND pg_catalog.to_regclass('pooldata.' || pooldata.table_name(p_pool)) IS NOT NULL THEN
        RETURN QUERY EXECUTE pg_catalog.format('SELECT t.contribution_id, pg_catalog.count(*) FROM pooldata.%I AS t WHERE t.pool_id = $1 %s GROUP BY t.contribution_id',
            pooldata.table_name(p_pool), CASE WHEN pg_catalog.cardinality(p_contributions) * 2 < (SELECT pg_catalog.count(*) FROM licensing.contribution AS c WHERE c.pool_id = p_pool)
                THEN 'AND t.contribution_id = ANY ($2)' END) USING p_pool, p_contributions;
    END IF;
END
$$;
