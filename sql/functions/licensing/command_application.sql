-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a command of the matrix by a person: submit, withdraw, decline (organisation), ask, refer, rescind (licensing
--          officer). Submitting queues the match. Accepting goes through the offer, voting through governance's council cases.
-- Outcomes: ok, not_found, forbidden, not_allowed_here, sanctioned, idempotency_conflict.
-- Locks: those of log.replay; the application's row.
CREATE OR REPLACE FUNCTION licensing.command_application(p_actor uuid, p_key text, p_id uuid, p_command text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, p_command || ' ' || p_id, p_body);
    v_roles text := licensing.application_role(p_actor, p_id);
    v_row licensing.application;
    v_role text;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF v_roles = '' THEN
        RETURN log.answer('not_found');
    END IF;
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id FOR UPDATE;
    SELECT r.letter INTO v_role FROM licensing.step AS s, pg_catalog.regexp_split_to_table(v_roles, '') AS r (letter)
    WHERE s.object = 'application' AND s.state = v_row.state AND s.command = p_command AND pg_catalog.strpos(s.who, r.letter) > 0
    ORDER BY pg_catalog.strpos(s.who, r.letter) LIMIT 1;
    IF v_role IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the application is ' || v_row.state || ' and ' || p_command || ' is not yours to do there');
    ELSIF p_command = 'submit' AND licensing.sanction_on(v_row.organisation_id, v_row.pool_id, v_row.purpose) IS NOT NULL THEN
        RETURN log.refusal('sanctioned', 'a sanction on your organisation is in force');
    ELSIF p_command = 'submit' AND licensing.class_of(v_row.organisation_id) IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the class of your organisation has not been verified yet');
    ELSIF p_command IN ('ask', 'rescind') AND COALESCE(p_body ->> 'text', '') = '' THEN
        RETURN log.refusal('invalid', 'text is needed', pg_catalog.jsonb_build_array(licensing.field_error('/text', 'say what is asked')));
    END IF;
    IF p_command = 'refer' THEN
        PERFORM licensing.refer_application(p_id, v_role, p_actor, pg_catalog.jsonb_build_array('handler'));
    ELSIF p_command IN ('submit', 'withdraw', 'decline', 'ask', 'rescind') THEN
        PERFORM licensing.move_application(p_id, p_command, v_role, p_actor, p_body);
    ELSE
        RETURN log.refusal('not_allowed_here', p_command || ' is done elsewhere: accept at the offer, votes at the council case');
    END IF;
    IF p_command IN ('submit', 'rescind') THEN
        PERFORM job.enqueue('screen_application', p_id::text, pg_catalog.jsonb_build_object('application', p_id));
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, p_command || ' ' || p_id, p_body,
        log.answer('ok', licensing.application_body(p_id)));
END
$$;
