-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether this member is the licensing officer (the handler of the matrix) now.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.is_officer(p_actor uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN COALESCE(p_actor IS NOT NULL AND governance.is_office(p_actor, 'licensing_officer'), false);
END
$$;
