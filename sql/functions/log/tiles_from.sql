-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the stored tiles of a level from a number on, in order, as the self-check compares them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.tiles_from(p_level integer, p_number bigint) RETURNS TABLE (hashes bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.hashes FROM log.tile AS t WHERE t.level = p_level AND t.number >= p_number ORDER BY t.number, t.width;
$$;
