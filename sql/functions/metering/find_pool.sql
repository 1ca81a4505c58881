-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the id of a pool that has ever had a contribution or a grant, by its ref; NULL where there is none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.find_pool(p_ref text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT g.pool_id FROM licensing.grant_overview AS g WHERE g.pool = p_ref LIMIT 1),
        (SELECT c.pool_id FROM licensing.contribution_overview AS c WHERE c.pool = p_ref LIMIT 1));
$$;
