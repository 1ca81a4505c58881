-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer holds what is payable to a member (event 4) for a reason no function can see: a tax form, a consent that is unclear, a
--          sanctions check. Body: {member_id, reason, amount?, note}; without an amount all that is payable.
-- Outcomes: created, nothing_to_pay, invalid, forbidden, idempotency_conflict, those of payout.post.
-- Locks: the member's Payable, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.place_hold(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'place_hold', p_body);
    v_member uuid := (p_body->>'member_id')::uuid;
    v_payable bigint;
    v_minor bigint;
    v_id uuid := log.new_id();
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer places holds');
    END IF;
    v_payable := -payout.member_balance(v_member, 'Liabilities:Member:' || v_member || ':Payable');
    v_minor := COALESCE((p_body->'amount'->>'minor')::bigint, v_payable);
    IF v_payable = 0 THEN
        RETURN log.refusal('nothing_to_pay', 'nothing is payable to this member');
    END IF;
    IF v_minor NOT BETWEEN 1 AND v_payable OR p_body->'amount'->>'currency' <> payout.currency() THEN
        RETURN log.refusal('invalid', 'the amount is at most what is payable', pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_build_object('pointer', '/amount', 'detail', 'is 1 to ' || v_payable || ' ' || payout.currency())));
    END IF;
    v_post := payout.post_hold(p_actor, 'hold', 'Liabilities:Member:' || v_member || ':Payable', payout.hold_path(v_member, p_body->>'reason'), v_minor,
        pg_catalog.jsonb_build_object('schema', 'hold/1', 'id', v_id, 'member', v_member, 'reason', p_body->>'reason', 'note', p_body->>'note'));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id, note, placed_by)
    VALUES (v_id, v_member, p_body->>'reason', v_minor, (v_post.body->>'txn_id')::uuid, p_body->>'note', p_actor);
    PERFORM log.notify_member(v_member, 'hold ' || v_id, 'payout.held', pg_catalog.jsonb_build_object('reason', p_body->>'reason'));
    RETURN log.remember('payout', p_actor::text, p_key, 'place_hold', p_body, log.answer('created',
        (SELECT payout.hold_json(h) FROM payout.hold AS h WHERE h.id = v_id)));
END
$$;
