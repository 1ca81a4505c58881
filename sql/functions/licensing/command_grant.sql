-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a command of the matrix on a grant by a person: close (signatory), suspend, resume, revoke (board; with a cause, which
--          is public). A board's suspension is an emergency one: at most one open, it ends by itself after the charter's
--          suspension_seconds.
-- Outcomes: ok, not_found, invalid, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.command_grant(p_actor uuid, p_key text, p_id uuid, p_command text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, p_command || ' grant ' || p_id, p_body);
    v_role text;
    v_until timestamptz;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT CASE WHEN licensing.person_role(p_actor, g.organisation_id) = 'signatory' THEN 'S'
            WHEN COALESCE(governance.is_office(p_actor, 'board'), false) THEN 'B'
            WHEN licensing.person_role(p_actor, g.organisation_id) = 'applicant' THEN 'A' END INTO v_role
    FROM licensing.data_grant AS g WHERE g.id = p_id;
    IF v_role IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF p_command NOT IN ('close', 'suspend', 'resume', 'revoke') THEN
        RETURN log.refusal('not_allowed_here', p_command || ' is not done by hand');
    ELSIF v_role = 'B' AND COALESCE(p_body ->> 'cause', '') = '' THEN
        RETURN log.refusal('invalid', 'a cause is needed', pg_catalog.jsonb_build_array(licensing.field_error('/cause', 'it is public')));
    END IF;
    IF p_command = 'suspend' THEN
        SELECT pg_catalog.clock_timestamp() + COALESCE((c.doc #>> '{durations,suspension_seconds}')::bigint, 2592000) * interval '1 second'
        INTO v_until FROM governance.charter_in_force AS c LIMIT 1;
    END IF;
    IF NOT licensing.move_grant(p_id, p_command, v_role, p_actor, p_body ->> 'cause', p_command = 'suspend', v_until) THEN
        RETURN log.refusal('not_allowed_here', 'the grant''s state or your part does not allow it');
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, p_command || ' grant ' || p_id, p_body, log.answer('ok', licensing.grant_body(p_id)));
END
$$;
