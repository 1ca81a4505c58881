-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a pool is licensed at all: the members may vote that its asset is kept and not licensed any more (disposition held). Without
--          an asset no pool opens (licensing.check_pool_charter), and none is ever taken off the register.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.is_licensed(p_pool uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM licensing.pool AS p JOIN governance.asset_in_force AS a ON a.ref = 'pool-' || p.ref
                       WHERE p.pool_id = p_pool AND a.disposition <> 'licensed_only');
END
$$;
