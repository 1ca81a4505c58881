-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: every leaf in order, for the start-up self-check.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.all_entries(p_size bigint) RETURNS TABLE (index bigint, leaf_hash bytea, bytes bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT index, leaf_hash, bytes FROM log.entry WHERE index < p_size ORDER BY index;
$$;
