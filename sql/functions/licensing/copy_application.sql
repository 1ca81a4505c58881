-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: copy_from of the matrix. On a draft: takes over what application p_body.application_id of the organisation says. On one that
--          is agreed, withdrawn or lapsed: makes a draft that says the same. The caller has checked the matrix.
-- Outcomes: ok (draft), created (the new draft), invalid.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.copy_application(p_actor uuid, p_row licensing.application, p_role text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_source licensing.application;
    v_answer log.answer;
BEGIN
    IF p_row.state = 'draft' THEN
        SELECT * INTO v_source FROM licensing.application AS a
        WHERE a.id = (p_body ->> 'application_id')::uuid AND a.organisation_id = p_row.organisation_id AND a.id <> p_row.id
            AND EXISTS (SELECT FROM licensing.step AS s WHERE s.object = 'application' AND s.state = a.state AND s.command = 'copy_from');
        IF NOT FOUND THEN
            RETURN log.refusal('invalid', 'application_id', pg_catalog.jsonb_build_array(licensing.field_error('/application_id',
                'no other application of your organisation that is a draft, agreed, withdrawn or lapsed')));
        END IF;
        PERFORM licensing.move_application(p_row.id, 'copy_from', p_role, p_actor, pg_catalog.jsonb_build_object('source', v_source.id));
        UPDATE licensing.application SET copied_from = v_source.id, pool_id = v_source.pool_id WHERE id = p_row.id;
        PERFORM licensing.fill_application(p_row.id, pg_catalog.jsonb_strip_nulls(licensing.application_content(v_source.id)));
        RETURN log.answer('ok', licensing.application_body(p_row.id));
    END IF;
    v_answer := licensing.create_application(p_actor, NULL, pg_catalog.jsonb_build_object('copied_from', p_row.id));
    IF v_answer.outcome = 'created' THEN
        PERFORM licensing.move_application(p_row.id, 'copy_from', p_role, p_actor, pg_catalog.jsonb_build_object('copy', v_answer.body -> 'id'));
    END IF;
    RETURN v_answer;
END
$$;
