-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why a member may not vote now: not_a_member, not_active, observer, min_tenure, dues; NULL when nothing stands
--          against it. (plpgsql: the plan is kept, where an SQL function would be planned anew for each ballot.)
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.ineligibility(p_member uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT CASE WHEN n.member_id IS NULL THEN 'not_a_member' ELSE n.ineligible END
            FROM (SELECT p_member AS asked) AS a LEFT JOIN governance.member_eligibility AS n ON n.member_id = a.asked);
END
$$;
