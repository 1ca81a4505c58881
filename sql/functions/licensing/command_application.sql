-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a command of the matrix by a person; p_revision is the version it was decided on (If-Match), NULL where the caller names none.
--          A cell that is not listed is not_allowed_here, a listed one of somebody else's forbidden. Submitting queues the match;
--          accepting goes through the offer, editing through edit_application.
-- Outcomes: ok, created (copy_from), not_found, forbidden, stale, not_allowed_here, invalid, sanctioned, those of governance's votes,
--           idempotency_conflict.
-- Locks: those of log.replay; the application's row.
CREATE OR REPLACE FUNCTION licensing.command_application(p_actor uuid, p_key text, p_id uuid, p_command text, p_revision bigint, p_body jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, p_command || ' ' || p_id, p_body);
    v_roles text := licensing.application_role(p_actor, p_id);
    v_seen bigint := COALESCE(p_revision, (SELECT a.revision FROM licensing.application AS a WHERE a.id = p_id));
    v_row licensing.application;
    v_role text;
    v_who text;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF v_roles = '' THEN
        RETURN log.answer('not_found');
    END IF;
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id FOR UPDATE;
    SELECT pg_catalog.string_agg(s.who, '') INTO v_who FROM licensing.step AS s
    WHERE s.object = 'application' AND s.state = v_row.state AND s.command = p_command;
    SELECT r.letter INTO v_role FROM pg_catalog.regexp_split_to_table(v_roles, '') WITH ORDINALITY AS r (letter, n)
    WHERE pg_catalog.strpos(v_who, r.letter) > 0 ORDER BY pg_catalog.strpos(v_who, r.letter), r.n LIMIT 1;
    IF v_row.revision <> v_seen THEN
        RETURN log.refusal('stale', 'somebody else was faster: the application is ' || v_row.state);
    ELSIF v_who IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the application is ' || v_row.state || ': no ' || p_command || ' there');
    ELSIF v_role IS NULL THEN
        RETURN log.refusal('forbidden', p_command || ' is not yours to do');
    END IF;
    v_answer := CASE p_command
        WHEN 'submit' THEN licensing.submit_application(v_row, v_role, p_actor, p_body)
        WHEN 'copy_from' THEN licensing.copy_application(p_actor, v_row, v_role, p_body)
        WHEN 'invite' THEN licensing.invite_co_applicant(v_row, v_role, p_actor, p_body)
        WHEN 'appeal' THEN licensing.appeal_refusal(v_row, v_role, p_actor, p_body)
        WHEN 'vote' THEN licensing.pass_to_case(v_row, p_command, v_role, p_actor, p_body)
        WHEN 'declare_conflict' THEN licensing.pass_to_case(v_row, p_command, v_role, p_actor, p_body)
        ELSE licensing.handle_application(v_row, p_command, v_role, p_actor, p_body) END;
    IF v_answer.outcome NOT IN ('ok', 'created') THEN
        RETURN v_answer;
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, p_command || ' ' || p_id, p_body, v_answer);
END
$$;
