-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: unclaimed money goes to the commons (event 18, given up). Body: {resolution}: one in force that names Liabilities:Unclaimed, within its
--          amount.
-- Outcomes: released, still_true, over_award, forbidden, not_found, those of payout.post.
-- Locks: the hold; those of payout.resolution_left; then those of payout.post.
CREATE OR REPLACE FUNCTION payout.give_up_hold(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_hold payout.hold;
    v_post log.answer;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer books what is given up');
    END IF;
    SELECT * INTO v_hold FROM payout.hold WHERE id = p_id AND released_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such hold, or it is released');
    END IF;
    IF v_hold.reason <> 'Unclaimed' THEN
        RETURN log.refusal('still_true', 'the money is still held for the member: it has not become unclaimed');
    END IF;
    IF v_hold.minor <= payout.resolution_left(p_body->>'resolution', 'Liabilities:Unclaimed') IS NOT TRUE THEN
        RETURN log.refusal('over_award', 'no resolution in force gives this much of Liabilities:Unclaimed to the commons');
    END IF;
    v_post := payout.post_hold(p_actor, 'given_up', 'Liabilities:Unclaimed', 'Equity:Fund:Commons', v_hold.minor,
        pg_catalog.jsonb_build_object('schema', 'hold-given-up/1', 'hold', p_id, 'resolution', p_body->>'resolution'), p_body->>'resolution');
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.hold SET released_txn_id = (v_post.body->>'txn_id')::uuid, released_at = pg_catalog.clock_timestamp() WHERE id = p_id;
    RETURN log.answer('released', pg_catalog.jsonb_build_object('id', p_id, 'txn_id', v_post.body->>'txn_id'));
END
$$;
