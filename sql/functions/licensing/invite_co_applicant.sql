-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: invite: a person of any organisation (p_body.person_id) may read and edit the application from now on.
-- Outcomes: ok, invalid.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.invite_co_applicant(p_row licensing.application, p_role text, p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_person uuid := (p_body ->> 'person_id')::uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM licensing.person_of_organisation AS p WHERE p.person_id = v_person AND p.left_at IS NULL) THEN
        RETURN log.refusal('invalid', 'person_id', pg_catalog.jsonb_build_array(licensing.field_error('/person_id', 'no person of an organisation here')));
    END IF;
    PERFORM licensing.move_application(p_row.id, 'invite', p_role, p_actor, pg_catalog.jsonb_build_object('person', v_person));
    INSERT INTO licensing.co_applicant (application_id, person_id, invited_by) VALUES (p_row.id, v_person, p_actor) ON CONFLICT DO NOTHING;
    RETURN log.answer('ok', licensing.application_body(p_row.id));
END
$$;
