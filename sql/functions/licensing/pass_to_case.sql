-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: vote and declare_conflict of the matrix: governance's council case does them; the application's history says that it was done,
--          not how.
-- Outcomes: ok, and the refusals of governance.vote_council_case and declare_conflict.
-- Locks: the application's row, then that of the case.
CREATE OR REPLACE FUNCTION licensing.pass_to_case(p_row licensing.application, p_command text, p_role text, p_actor uuid, p_body jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := CASE p_command WHEN 'vote' THEN governance.vote_council_case(p_actor, p_row.case_id, p_body)
        ELSE governance.declare_conflict(p_actor, p_row.case_id, p_body) END;
BEGIN
    IF v_answer.outcome <> 'recorded' THEN
        RETURN v_answer;
    END IF;
    PERFORM licensing.move_application(p_row.id, p_command, p_role, p_actor, pg_catalog.jsonb_build_object('case', p_row.case_id));
    RETURN log.answer('ok', licensing.application_body(p_row.id));
END
$$;
