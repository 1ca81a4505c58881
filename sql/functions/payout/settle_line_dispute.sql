-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a member's dispute (event 16): what is still held of it is payable again. p_body: {state, decision, correction?: {amount, fund,
--          resolution}}: lost for the trust, a correction may be due, which a fund pays under a resolution in force for it.
-- Outcomes: settled, over_award, invalid, same_person, forbidden, not_found, not_allowed_here, idempotency_conflict, those of payout.post.
-- Locks: the dispute, its hold, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.settle_line_dispute(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'settle_dispute ' || p_id, p_body);
    v_dispute payout.dispute;
    v_hold payout.hold;
    v_due bigint := COALESCE((p_body->'correction'->'amount'->>'minor')::bigint, 0);
    v_resolution text := p_body->'correction'->>'resolution';
    v_fund text := 'Equity:Fund:' || (p_body->'correction'->>'fund');
    v_txn uuid := log.new_id();
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer settles disputes of members');
    END IF;
    SELECT * INTO v_dispute FROM payout.dispute WHERE id = p_id AND kind = 'member' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such dispute');
    END IF;
    IF v_dispute.state <> 'opened' THEN
        RETURN log.refusal('not_allowed_here', 'the dispute is settled');
    END IF;
    IF v_dispute.member_id = p_actor THEN
        RETURN log.refusal('same_person', 'nobody settles a dispute of their own: another treasurer does');
    END IF;
    IF v_due > 0 AND (p_body->>'state' <> 'lost' OR p_body->'correction'->'amount'->>'currency' <> payout.currency()) THEN
        RETURN log.refusal('invalid', 'a correction follows from a dispute the trust lost, in the book currency', '[{"pointer": "/correction", "detail": "does not go with this"}]');
    END IF;
    IF v_due > 0 AND v_due <= payout.resolution_left(v_resolution, v_fund) IS NOT TRUE THEN
        RETURN log.refusal('over_award', 'no resolution in force gives this much of the fund');
    END IF;
    -- A clawback may have taken of it meanwhile.
    SELECT * INTO v_hold FROM payout.hold WHERE member_id = v_dispute.member_id AND reason = 'Dispute' AND run = v_dispute.run AND released_at IS NULL FOR UPDATE;
    IF v_hold.id IS NOT NULL OR v_due > 0 THEN
        v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'dispute_settled', 'occurred_on', payout.today(),
                'actor', p_actor, 'resolution', v_resolution),
            pg_catalog.jsonb_build_object('schema', 'dispute-decision/1', 'id', p_id) || p_body,
            (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor)) FROM (VALUES
                (payout.hold_path(v_dispute.member_id, 'Dispute'), COALESCE(v_hold.minor, 0)), (v_fund, v_due),
                ('Liabilities:Member:' || v_dispute.member_id || ':Payable', -COALESCE(v_hold.minor, 0) - v_due)) AS x (path, minor) WHERE x.minor <> 0));
        IF v_post.outcome <> 'posted' THEN
            RETURN v_post;
        END IF;
        UPDATE payout.hold SET released_txn_id = v_txn, released_at = pg_catalog.clock_timestamp() WHERE id = v_hold.id;
    ELSE
        v_txn := v_dispute.txn_id;
    END IF;
    UPDATE payout.dispute SET state = p_body->>'state', decision = p_body->>'decision', settled_txn_id = v_txn, settled_at = pg_catalog.clock_timestamp(), settled_by = p_actor
    WHERE id = p_id;
    PERFORM log.notify_member(v_dispute.member_id, 'dispute ' || p_id, 'payout.settled', pg_catalog.jsonb_build_object('state', p_body->>'state'));
    RETURN log.remember('payout', p_actor::text, p_key, 'settle_dispute ' || p_id, p_body, log.answer('settled', payout.dispute_json(p_id)));
END
$$;
