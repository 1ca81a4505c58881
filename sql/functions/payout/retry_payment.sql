-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a new attempt at a payment that was rejected or returned: a new payment with ids of its own, which the next batch takes. What is held for it is
--          payable again (event 4, reverse). The member does it where the account was at fault and another is usable; after other reasons a treasurer
--          who has looked, and whose payment it is not.
-- Outcomes: created, outcome_unknown, not_final, still_true, same_person, forbidden, not_found, not_allowed_here, idempotency_conflict, those of payout.post.
-- Locks: the payment and its hold, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.retry_payment(p_actor uuid, p_key text, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'retry_payment ' || p_id, '{}');
    v_treasurer boolean := COALESCE(governance.is_office(p_actor, 'treasurer'), false);
    v_payment payout.payment;
    v_look boolean;
    v_hold uuid;
    v_made log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    SELECT * INTO v_payment FROM payout.payment WHERE id = p_id AND (v_treasurer OR member_id = p_actor) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such payment, or it is not yours');
    END IF;
    v_look := payout.reason_class(v_payment.reason) IS DISTINCT FROM 'account';
    IF v_payment.state = 'in_flight' AND EXISTS (SELECT FROM payout.batch WHERE id = v_payment.batch_id AND state IN ('releasing', 'unknown')) THEN
        RETURN log.refusal('outcome_unknown', 'nobody knows yet whether the bank has this payment: only its statement or status ends that');
    ELSIF v_payment.state IN ('queued', 'in_flight') THEN
        RETURN log.refusal('not_final', 'the payment is ' || v_payment.state);
    ELSIF v_payment.state NOT IN ('rejected', 'returned') OR EXISTS (SELECT FROM payout.payment WHERE retries = p_id AND state <> 'cancelled') THEN
        RETURN log.refusal('not_allowed_here', 'the payment is ' || v_payment.state || ', or has been tried again already');
    ELSIF v_look AND NOT v_treasurer THEN
        RETURN log.refusal('forbidden', 'the treasurer looks at this payment before it is tried again');
    ELSIF v_look AND v_payment.member_id = p_actor THEN
        RETURN log.refusal('same_person', 'nobody looks at a payment of their own: another treasurer does');
    ELSIF v_payment.member_id IS NOT NULL AND payout.usable_account(v_payment.member_id) IS NULL THEN
        RETURN log.refusal('still_true', 'the member has no usable payee account');
    END IF;
    IF v_payment.member_id IS NOT NULL THEN
        SELECT h.id INTO v_hold FROM payout.hold AS h
        WHERE h.txn_id = v_payment.ended_txn_id AND h.member_id = v_payment.member_id AND h.minor = v_payment.minor AND h.released_at IS NULL LIMIT 1 FOR UPDATE;
        IF NOT FOUND THEN
            RETURN log.refusal('not_allowed_here', 'what was held for it has been released already: the next batch pays it');
        END IF;
    END IF;
    v_made := payout.try_again(p_actor, v_payment, v_hold);
    IF v_made.outcome <> 'created' THEN
        RETURN v_made;
    END IF;
    RETURN log.remember('payout', p_actor::text, p_key, 'retry_payment ' || p_id, '{}', log.answer('created', payout.payment_json((v_made.body->>'id')::uuid)));
END
$$;
