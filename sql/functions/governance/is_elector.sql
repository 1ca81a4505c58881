-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a member would be on the roll of a vote if it were taken now.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_elector(p_member uuid, p governance.proposal) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_member IS DISTINCT FROM governance.accused_of(p) AND CASE WHEN p.rule ->> 'electorate' = 'board' THEN governance.is_office(p_member, 'board')
                ELSE governance.ineligibility(p_member) IS NULL AND (p.rule ->> 'electorate' = 'all'
                    OR (SELECT m.class FROM governance.member_now AS m WHERE m.member_id = p_member) = governance.effect_of(p.id) ->> 'class') END;
$$;
