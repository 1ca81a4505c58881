-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the conditions of a case, in the order in which they are voted: those of the opening, then those proposed since.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.conditions_of(p_case uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.conditions || COALESCE((SELECT pg_catalog.jsonb_agg(k.condition ORDER BY k.n) FROM governance.case_condition AS k WHERE k.case_id = c.id), '[]')
    FROM governance.council_case AS c WHERE c.id = p_case;
$$;
