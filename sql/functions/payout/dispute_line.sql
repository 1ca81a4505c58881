-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member disputes the own line of a posted run (event 16): what of it is still payable is held until the treasurer settles the dispute.
--          p_body: {kind, run, grounds}. In time is who disputes within hold.dispute_seconds of the charter and before the money has left.
-- Outcomes: opened, too_late, not_allowed_here, not_found, idempotency_conflict, those of payout.post.
-- Locks: the member's Payable, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.dispute_line(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'open_dispute', p_body);
    v_run payout.run;
    v_line payout.run_line;
    v_id uuid := log.new_id();
    v_minor bigint;
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    SELECT * INTO v_run FROM payout.run WHERE id = (p_body->>'run')::uuid AND state = 'posted';
    SELECT * INTO v_line FROM payout.run_line WHERE run = v_run.id AND member_id = p_actor;
    IF v_line.run IS NULL THEN
        RETURN log.refusal('not_found', 'there is no posted run with a line of yours: a run in review is disputed with the treasurer, who can still abandon it');
    END IF;
    v_minor := LEAST(v_line.minor, -payout.member_balance(p_actor, 'Liabilities:Member:' || p_actor || ':Payable'));
    IF EXISTS (SELECT FROM payout.dispute WHERE run = v_run.id AND member_id = p_actor AND state = 'opened') THEN
        RETURN log.refusal('not_allowed_here', 'this line is disputed already');
    END IF;
    IF v_run.ended_at + (SELECT COALESCE((c.doc->'hold'->>'dispute_seconds')::bigint, 2592000) * '1 second'::interval FROM governance.charter_in_force AS c) < pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('too_late', 'lines are disputed within the time the charter gives');
    END IF;
    IF v_minor <= 0 THEN
        RETURN log.refusal('too_late', 'nothing of this line is payable any more: it is paid, on its way, or held already');
    END IF;
    v_post := payout.post_hold(p_actor, 'dispute_opened', 'Liabilities:Member:' || p_actor || ':Payable', payout.hold_path(p_actor, 'Dispute'), v_minor,
        pg_catalog.jsonb_build_object('schema', 'dispute/1', 'id', v_id, 'run', v_run.run_id, 'grounds', p_body->>'grounds'));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    INSERT INTO payout.dispute (id, kind, member_id, run, minor, grounds, txn_id, opened_by)
    VALUES (v_id, 'member', p_actor, v_run.id, v_minor, p_body->>'grounds', (v_post.body->>'txn_id')::uuid, p_actor);
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id, run) VALUES (log.new_id(), p_actor, 'Dispute', v_minor, (v_post.body->>'txn_id')::uuid, v_run.id);
    RETURN log.remember('payout', p_actor::text, p_key, 'open_dispute', p_body, log.answer('opened', payout.dispute_json(v_id)));
END
$$;
