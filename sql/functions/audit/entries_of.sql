-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: entries of an object in the log and in those it was begun again from (log.former); no: which of these, NULL for the log of today.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.entries_of(p_type text, p_object text) RETURNS TABLE (no integer, index bigint, object_sha256 text, bytes bytea)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.no, f.index, f.object_sha256, f.bytes FROM log.former_entry AS f WHERE f.type = p_type AND f.object_id = p_object
    UNION ALL
    SELECT NULL, e.index, e.object_sha256, e.bytes FROM log.entry AS e WHERE e.type = p_type AND e.object_id = p_object;
$$;
