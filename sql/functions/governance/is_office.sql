-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a member holds an office of this body now, and is in good standing. (plpgsql: the plan is kept, where an SQL function would
--          be planned anew for each case, appeal or application of a page.)
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_office(p_member uuid, p_body text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM governance.office_in_force AS o JOIN governance.member_now AS m USING (member_id)
                   WHERE o.member_id = p_member AND o.body = p_body AND m.standing = 'active'
                     AND o.from_at <= pg_catalog.clock_timestamp() AND o.until_at > pg_catalog.clock_timestamp());
END
$$;
