-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether somebody who was a member may apply again: left, or expelled with that expulsion reversed on appeal.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.may_return(p_member uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.standing = 'left' OR (s.standing = 'expelled' AND EXISTS (SELECT FROM governance.panel_case AS a WHERE a.kind = 'expulsion'
               AND a.subject = p_member AND a.act = s.seq::text AND a.state = 'decided' AND NOT a.upheld))
    FROM governance.standing AS s WHERE s.member_id = p_member ORDER BY s.seq DESC LIMIT 1;
$$;
