-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: which body decides a case now, or decided it: council or board.
-- Outcomes: none; NULL when there is no such case.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.decided_by(p_case uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.body_name FROM governance.council_case AS c WHERE c.id = p_case;
$$;
