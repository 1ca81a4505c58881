-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer releases a hold whose reason is gone (event 4, reverse), or gives a member who asks for it what had become unclaimed (event
--          18, claimed). What a payment left behind is tried again by a new one that names it, as payout.retry_payment does. Nobody does it for themselves.
-- Outcomes: released, still_true, same_person, forbidden, not_found, those of payout.post.
-- Locks: the payment it is of, the hold, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.release_hold(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_hold payout.hold;
    v_payment payout.payment;
    v_post log.answer;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer releases holds');
    END IF;
    SELECT p.* INTO v_payment FROM payout.hold AS h JOIN payout.payment AS p ON p.ended_txn_id = h.txn_id AND p.member_id = h.member_id AND p.minor = h.minor
    WHERE h.id = p_id AND NOT EXISTS (SELECT FROM payout.payment AS r WHERE r.retries = p.id AND r.state <> 'cancelled') ORDER BY p.id LIMIT 1 FOR UPDATE OF p;
    SELECT * INTO v_hold FROM payout.hold WHERE id = p_id AND released_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such hold, or it is released');
    END IF;
    IF v_hold.member_id = p_actor THEN
        RETURN log.refusal('same_person', 'nobody releases a hold of their own: another treasurer does');
    END IF;
    IF v_hold.reason IN ('BankMissing', 'Returned', 'Rejected', 'Unclaimed') AND payout.usable_account(v_hold.member_id) IS NULL THEN
        RETURN log.refusal('still_true', 'the member has no usable payee account');
    END IF;
    IF v_hold.reason = 'Dispute' THEN
        RETURN log.refusal('still_true', 'the dispute is not settled');
    END IF;
    IF v_payment.id IS NOT NULL THEN
        v_post := payout.try_again(p_actor, v_payment, p_id);
    ELSE
        v_post := payout.post_hold(p_actor, CASE v_hold.reason WHEN 'Unclaimed' THEN 'claimed' ELSE 'hold_released' END, payout.hold_path(v_hold.member_id, v_hold.reason),
            'Liabilities:Member:' || v_hold.member_id || ':Payable', v_hold.minor, pg_catalog.jsonb_build_object('schema', 'hold-release/1', 'hold', p_id));
    END IF;
    IF v_post.outcome NOT IN ('created', 'posted') THEN
        RETURN v_post;
    END IF;
    UPDATE payout.hold SET released_txn_id = (v_post.body->>'txn_id')::uuid, released_at = pg_catalog.clock_timestamp() WHERE id = p_id AND released_at IS NULL;
    PERFORM log.notify_member(v_hold.member_id, 'hold ' || p_id, 'payout.released', pg_catalog.jsonb_build_object('reason', v_hold.reason));
    RETURN log.answer('released', pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('id', p_id, 'txn_id', v_post.body->>'txn_id', 'payment_id', v_post.body->>'id')));
END
$$;
