-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: until when a case of the council, or an appeal, is to be decided.
-- Outcomes: none; NULL when there is no such case, or it is decided, or its panel is still drawn.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.case_due(p_case uuid) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.closes_at FROM governance.council_case AS c WHERE c.id = p_case AND c.decided_at IS NULL AND c.ended_at IS NULL
    UNION ALL
    SELECT a.closes_at FROM governance.panel_case AS a WHERE a.id = p_case AND a.decided_at IS NULL;
$$;
