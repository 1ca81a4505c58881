-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a new attempt at a payment that was rejected or returned: a new payment with ids of its own, which the next batch takes. What is held for it is
--          payable again (event 4, reverse). The member does it where the account was at fault and another is usable; after other reasons the treasurer,
--          who has looked.
-- Outcomes: created, outcome_unknown, not_final, still_true, forbidden, not_found, not_allowed_here, idempotency_conflict, those of payout.post.
-- Locks: the payment and its hold, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.retry_payment(p_actor uuid, p_key text, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'retry_payment ' || p_id, '{}');
    v_treasurer boolean := COALESCE(governance.is_office(p_actor, 'treasurer'), false);
    v_payment payout.payment;
    v_hold uuid;
    v_id uuid := log.new_id();
    v_txn uuid := log.new_id();
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    SELECT * INTO v_payment FROM payout.payment WHERE id = p_id AND (v_treasurer OR member_id = p_actor) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such payment, or it is not yours');
    END IF;
    IF v_payment.state = 'in_flight' AND EXISTS (SELECT FROM payout.batch WHERE id = v_payment.batch_id AND state IN ('releasing', 'unknown')) THEN
        RETURN log.refusal('outcome_unknown', 'nobody knows yet whether the bank has this payment: only its statement or status ends that');
    ELSIF v_payment.state IN ('queued', 'in_flight') THEN
        RETURN log.refusal('not_final', 'the payment is ' || v_payment.state);
    ELSIF v_payment.state NOT IN ('rejected', 'returned') OR EXISTS (SELECT FROM payout.payment WHERE retries = p_id AND state <> 'cancelled') THEN
        RETURN log.refusal('not_allowed_here', 'the payment is ' || v_payment.state || ', or has been tried again already');
    ELSIF NOT v_treasurer AND payout.reason_class(v_payment.reason) IS DISTINCT FROM 'account' THEN
        RETURN log.refusal('forbidden', 'the treasurer looks at this payment before it is tried again');
    ELSIF v_payment.member_id IS NOT NULL AND payout.usable_account(v_payment.member_id) IS NULL THEN
        RETURN log.refusal('still_true', 'the member has no usable payee account');
    END IF;
    IF v_payment.member_id IS NOT NULL THEN
        SELECT h.id INTO v_hold FROM payout.hold AS h
        WHERE h.txn_id = v_payment.ended_txn_id AND h.member_id = v_payment.member_id AND h.minor = v_payment.minor AND h.released_at IS NULL LIMIT 1 FOR UPDATE;
        IF NOT FOUND THEN
            RETURN log.refusal('not_allowed_here', 'what was held for it has been released already: the next batch pays it');
        END IF;
        v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'hold_released', 'occurred_on', payout.today(), 'actor', p_actor,
                'evidence_sha256', payout.store_document(pg_catalog.jsonb_build_object('schema', 'payment-retry/1', 'payment', v_id, 'retries', p_id, 'by', p_actor)))),
            pg_catalog.jsonb_build_array(
                pg_catalog.jsonb_build_object('path', payout.payment_end(v_payment, pg_catalog.initcap(v_payment.state)), 'minor', v_payment.minor),
                pg_catalog.jsonb_build_object('path', payout.payment_source(v_payment), 'minor', -v_payment.minor)));
        IF v_post.outcome <> 'posted' THEN
            RETURN v_post;
        END IF;
        UPDATE payout.hold SET released_txn_id = v_txn, released_at = pg_catalog.clock_timestamp() WHERE id = v_hold;
    END IF;
    INSERT INTO payout.payment (id, member_id, bill_id, minor, end_to_end_id, uetr, retries)
    VALUES (v_id, v_payment.member_id, v_payment.bill_id, v_payment.minor, 'E' || payout.base32(v_id), payout.payment_uetr(v_id), p_id);
    RETURN log.remember('payout', p_actor::text, p_key, 'retry_payment ' || p_id, '{}', log.answer('created', payout.payment_json(v_id)));
END
$$;
