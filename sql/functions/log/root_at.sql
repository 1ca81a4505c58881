-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the root signed for a size; no row when that size was never signed.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.root_at(p_size bigint) RETURNS TABLE (root bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT root FROM log.checkpoint WHERE size = p_size;
$$;
