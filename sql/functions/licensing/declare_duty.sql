-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a person of the licensee proves a duty of a grant, in any state of it: also while a missing report suspends it, and when it is over.
-- Outcomes: created, not_found, invalid, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.declare_duty(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'declare_duty ' || p_id, p_body);
    v_row licensing.data_grant;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_row FROM licensing.data_grant AS g WHERE g.id = p_id AND licensing.person_role(p_actor, g.organisation_id) IS NOT NULL;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_id FOR UPDATE;
    v_answer := licensing.meet_duty(p_actor, v_row, p_body);
    IF v_answer.outcome <> 'created' THEN
        RETURN v_answer;
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, 'declare_duty ' || p_id, p_body, v_answer);
END
$$;
