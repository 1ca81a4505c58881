-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the stored full tiles, in order, for the start-up self-check.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.full_tiles(p_level integer) RETURNS TABLE (number bigint, hashes bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT number, hashes FROM log.tile WHERE level = p_level AND width = 256 ORDER BY number;
$$;
