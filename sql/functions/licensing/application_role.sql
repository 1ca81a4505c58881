-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the letters of the matrix an actor has on an application: A and S of its organisation, O whom an applicant invited, H the
--          licensing officer, C the council, P the appeals panel, B the board where a case has gone to it; empty for everybody else.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.application_role(p_actor uuid, p_id uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_role text;
    v_case uuid;
BEGIN
    SELECT licensing.person_role(p_actor, a.organisation_id), a.case_id INTO v_role, v_case FROM licensing.application AS a WHERE a.id = p_id;
    IF NOT FOUND THEN
        RETURN '';
    END IF;
    RETURN CASE v_role WHEN 'applicant' THEN 'A' WHEN 'signatory' THEN 'AS' ELSE '' END
        || CASE WHEN EXISTS (SELECT FROM licensing.co_applicant AS c JOIN licensing.person_of_organisation AS p USING (person_id)
                             WHERE c.application_id = p_id AND c.person_id = p_actor AND p.left_at IS NULL) THEN 'O' ELSE '' END
        || CASE WHEN licensing.is_officer(p_actor) THEN 'H' ELSE '' END
        || CASE WHEN COALESCE(governance.is_office(p_actor, 'council'), false) THEN 'C' ELSE '' END
        || CASE WHEN COALESCE(governance.is_office(p_actor, 'appeals'), false) THEN 'P' ELSE '' END
        || CASE WHEN v_case IS NOT NULL AND COALESCE(governance.is_office(p_actor, 'board'), false)
                    AND governance.decided_by(v_case) = 'board' THEN 'B' ELSE '' END;
END
$$;
