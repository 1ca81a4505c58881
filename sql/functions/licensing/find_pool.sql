-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a pool by ref or by UUID text; NULL row when there is none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.find_pool(p_pool text) RETURNS licensing.pool
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p FROM licensing.pool AS p WHERE p.ref = p_pool OR p.pool_id::text = p_pool;
$$;
