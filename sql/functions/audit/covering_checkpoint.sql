-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the first checkpoint that covers an entry, in the log of today (p_no NULL) or in a former one.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.covering_checkpoint(p_no integer, p_index bigint) RETURNS TABLE (size bigint, root bytea)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT k.size, k.root FROM (
        SELECT c.size, c.root FROM log.checkpoint AS c WHERE p_no IS NULL AND c.size > p_index
        UNION ALL
        SELECT f.size, f.root FROM log.former_checkpoint AS f WHERE f.no = p_no AND f.size > p_index) AS k
    ORDER BY k.size LIMIT 1;
$$;
