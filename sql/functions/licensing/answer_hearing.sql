-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the licensee's statement in an open hearing on its grant, once. The board then has to decide again, knowing it.
-- Outcomes: created, not_found, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; advisory lock of the pool, exclusive.
CREATE OR REPLACE FUNCTION licensing.answer_hearing(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'answer_hearing ' || p_id, p_body);
    v_row licensing.data_grant;
    v_hearing uuid;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_row FROM licensing.data_grant AS g WHERE g.id = p_id AND licensing.person_role(p_actor, g.organisation_id) IS NOT NULL;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    SELECT h.id INTO v_hearing FROM licensing.hearing AS h WHERE h.grant_id = p_id AND h.closes_at > pg_catalog.clock_timestamp()
        AND NOT EXISTS (SELECT FROM licensing.hearing_end AS e WHERE e.hearing_id = h.id);
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'no hearing on this grant is open');
    END IF;
    INSERT INTO licensing.hearing_answer (hearing_id, statement, person) VALUES (v_hearing, p_body ->> 'statement', p_actor) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'the hearing has been answered');
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, 'answer_hearing ' || p_id, p_body, log.answer('created', licensing.grant_body(p_id)));
END
$$;
