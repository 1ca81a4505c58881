-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether this is a member in active standing.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.is_member(p_member uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM governance.member_standing AS s WHERE s.member_id = p_member AND s.standing = 'active');
END
$$;
