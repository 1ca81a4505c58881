-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether the votes of a case approve it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.recount_case(p_case uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (c.n ->> 'quorum')::boolean AND (c.n ->> 'approved')::boolean FROM (SELECT governance.count_case(p_case) AS n) AS c;
$$;
