-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a member would be on the roll if it were taken now.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_elector(p_member uuid, p_rule jsonb) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_rule ->> 'electorate' = 'board' THEN governance.is_office(p_member, 'board')
                ELSE governance.ineligibility(p_member) IS NULL END;
$$;
