-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: who would be on the roll of a vote under this rule row if it were taken now.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.electors(p_rule jsonb) RETURNS TABLE (member_id uuid, class text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.member_id, s.class FROM governance.member_standing AS s
    WHERE CASE WHEN p_rule ->> 'electorate' = 'board' THEN governance.is_office(s.member_id, 'board') ELSE s.eligible END;
$$;
