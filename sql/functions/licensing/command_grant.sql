-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a command of the matrix on a grant by a person: close, cancel, appeal (signatory), report, renew (organisation), waive_fee
--          (treasurer), suspend, resume, revoke (board: `order` names the board's decision, which alone allows it). What the system or the
--          panel does is not done by hand.
-- Outcomes: ok, created (renew: the application), not_found, invalid, not_allowed_here, order_missing, and those of licensing.renew_grant,
--          licensing.appeal_grant and licensing.meet_duty; idempotency_conflict.
-- Locks: those of log.replay; advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.command_grant(p_actor uuid, p_key text, p_id uuid, p_command text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, p_command || ' grant ' || p_id, p_body);
    v_roles text := licensing.grant_role(p_actor, p_id);
    v_row licensing.data_grant;
    v_role text;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF v_roles = '' THEN
        RETURN log.answer('not_found');
    END IF;
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_id;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_id FOR UPDATE;
    SELECT r.letter INTO v_role FROM licensing.step AS s, pg_catalog.regexp_split_to_table(v_roles, '') AS r (letter)
    WHERE s.object = 'grant' AND s.state = v_row.state AND s.command = p_command AND pg_catalog.strpos(s.who, r.letter) > 0
    ORDER BY pg_catalog.strpos(s.who, r.letter) LIMIT 1;
    IF v_role IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the grant is ' || v_row.state || ' and ' || p_command || ' is not yours to do there');
    END IF;
    IF p_command IN ('suspend', 'resume', 'revoke') THEN
        v_answer := CASE COALESCE(licensing.carry_out_order((p_body ->> 'order')::uuid, p_id, p_command, p_actor), 'none')
            WHEN 'none' THEN log.refusal('order_missing', 'the board has decided nothing of the kind on this grant')
            WHEN 'nothing to do' THEN log.refusal('not_allowed_here', 'the order has nothing to act on: other causes hold the grant, or it is so already')
            ELSE log.answer('ok', licensing.grant_body(p_id)) END;
    ELSIF p_command = 'renew' THEN
        v_answer := licensing.renew_grant(p_actor, v_row, p_body);
    ELSIF p_command = 'appeal' THEN
        v_answer := licensing.appeal_grant(p_actor, v_row, p_body);
    ELSIF p_command = 'report' THEN
        v_answer := licensing.meet_duty(p_actor, v_row, p_body || '{"duty":"core:yearly-report"}');
        IF v_answer.outcome = 'created' THEN
            PERFORM licensing.move_grant(p_id, 'report', v_role, p_actor, NULL, false, NULL);
            v_answer := log.answer('ok', licensing.grant_body(p_id));
        END IF;
    ELSIF p_command IN ('close', 'cancel', 'waive_fee') THEN
        PERFORM licensing.move_grant(p_id, p_command, v_role, p_actor, p_body ->> 'cause', false, NULL);
        PERFORM licensing.review_grant(p_id);
        v_answer := log.answer('ok', licensing.grant_body(p_id));
    ELSE
        v_answer := log.refusal('not_allowed_here', p_command || ' has a path of its own, or is not done by hand');
    END IF;
    IF v_answer.outcome NOT IN ('ok', 'created') THEN
        RETURN v_answer;
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, p_command || ' grant ' || p_id, p_body, v_answer);
END
$$;
