-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a signatory ends an agreement, at any time; fees to date stay due. The trust ends one by an order of the board to revoke its grant
--          (licensing.hear_grant), never here.
-- Outcomes: ok, not_found, forbidden, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.terminate_agreement(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'terminate_agreement ' || p_id, p_body);
    v_row licensing.agreement;
    v_role text;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_row FROM licensing.agreement WHERE id = p_id;
    v_role := licensing.person_role(p_actor, v_row.organisation_id);
    IF v_row.id IS NULL OR v_role IS NULL AND NOT licensing.is_officer(p_actor) THEN
        RETURN log.answer('not_found');
    ELSIF v_role IS DISTINCT FROM 'signatory' THEN
        RETURN log.refusal('forbidden', CASE WHEN v_role IS NULL
            THEN 'the trust ends an agreement by an order of the board to revoke its grant (grant_orders of a board_decision), after a hearing'
            ELSE 'only a signatory of the organisation terminates' END);
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    IF (SELECT s.over FROM licensing.agreement_state AS s WHERE s.agreement_id = p_id) THEN
        RETURN log.refusal('not_allowed_here', 'this agreement is over');
    END IF;
    PERFORM licensing.end_agreement(p_id, 'terminated', 'licensee', p_actor, 'by the licensee', p_body ->> 'text', pg_catalog.clock_timestamp());
    RETURN log.remember('licensing', p_actor::text, p_key, 'terminate_agreement ' || p_id, p_body,
        log.answer('ok', licensing.agreement_body(p_id)));
END
$$;
