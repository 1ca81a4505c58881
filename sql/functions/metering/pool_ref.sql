-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the ref of a pool that has ever had a contribution or a grant: the reverse of metering.find_pool.
-- Outcomes: none; its id where there is neither.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.pool_ref(p_pool uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT g.pool FROM licensing.grant_overview AS g WHERE g.pool_id = p_pool LIMIT 1),
        (SELECT c.pool FROM licensing.contribution_overview AS c WHERE c.pool_id = p_pool LIMIT 1), p_pool::text);
$$;
