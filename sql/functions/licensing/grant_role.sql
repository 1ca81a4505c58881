-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the letters of the matrix an actor has on a grant: A and S of its organisation, B the board, T the treasurer; empty for everybody else.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.grant_role(p_actor uuid, p_id uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_role text;
BEGIN
    SELECT licensing.person_role(p_actor, g.organisation_id) INTO v_role FROM licensing.data_grant AS g WHERE g.id = p_id;
    IF NOT FOUND OR p_actor IS NULL THEN
        RETURN '';
    END IF;
    RETURN CASE v_role WHEN 'applicant' THEN 'A' WHEN 'signatory' THEN 'AS' ELSE '' END
        || CASE WHEN COALESCE(governance.is_office(p_actor, 'board'), false) THEN 'B' ELSE '' END
        || CASE WHEN COALESCE(governance.is_office(p_actor, 'treasurer'), false) THEN 'T' ELSE '' END;
END
$$;
