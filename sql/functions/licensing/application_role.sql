-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the letters of the matrix an actor has on an application: A and S of its organisation, H the licensing officer, C the
--          council; empty for everybody else.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.application_role(p_actor uuid, p_id uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_role text;
BEGIN
    SELECT licensing.person_role(p_actor, a.organisation_id) INTO v_role FROM licensing.application AS a WHERE a.id = p_id;
    IF NOT FOUND THEN
        RETURN '';
    END IF;
    RETURN CASE v_role WHEN 'applicant' THEN 'A' WHEN 'signatory' THEN 'AS' ELSE '' END
        || CASE WHEN licensing.is_officer(p_actor) THEN 'H' ELSE '' END
        || CASE WHEN COALESCE(governance.is_office(p_actor, 'council'), false) THEN 'C' ELSE '' END;
END
$$;
