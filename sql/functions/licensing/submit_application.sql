-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: submit: refuses with all that is missing; keeps what was submitted, the answers, and what changed since the last time;
--          queues the match.
-- Outcomes: ok, invalid, sanctioned, not_allowed_here.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.submit_application(p_row licensing.application, p_role text, p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_missing jsonb := licensing.application_missing(p_row.id, p_body);
BEGIN
    IF v_missing IS NOT NULL THEN
        RETURN log.refusal('invalid', 'the application is not complete', v_missing);
    ELSIF licensing.sanction_on(p_row.organisation_id, p_row.pool_id, p_row.purpose) IS NOT NULL THEN
        RETURN log.refusal('sanctioned', 'a sanction on your organisation is in force');
    ELSIF NOT licensing.is_licensed(p_row.pool_id) THEN
        RETURN log.refusal('not_allowed_here', 'the members keep this pool and do not license it');
    ELSIF licensing.class_of(p_row.organisation_id) IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the class of your organisation has not been verified yet');
    END IF;
    PERFORM licensing.move_application(p_row.id, 'submit', p_role, p_actor, p_body || pg_catalog.jsonb_build_object(
        'content', licensing.application_content(p_row.id), 'changes', licensing.application_changes(p_row.id)));
    UPDATE licensing.application SET reasons = '[]' WHERE id = p_row.id;
    PERFORM job.enqueue('screen_application', p_row.id::text, pg_catalog.jsonb_build_object('application', p_row.id));
    RETURN log.answer('ok', licensing.application_body(p_row.id));
END
$$;
