-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sends an application to the ethics council: opens the case with the application, its evaluation and the members
--          covered.
-- Outcomes: none; the case.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.refer_application(p_id uuid, p_role text, p_actor uuid, p_why jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_case uuid;
    v_body jsonb := licensing.application_body(p_id);
BEGIN
    v_case := governance.open_council_case('application', p_id, pg_catalog.jsonb_build_object('why', p_why,
        'application', v_body - 'people' - 'evaluation' - 'offer_id', 'evaluation', v_body -> 'evaluation',
        'covered_members', v_body #> '{evaluation,covered_members}'));
    PERFORM licensing.move_application(p_id, 'refer', p_role, p_actor, pg_catalog.jsonb_build_object('why', p_why, 'case', v_case));
    UPDATE licensing.application SET case_id = v_case WHERE id = p_id;
    RETURN v_case;
END
$$;
