-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes back a bill that no payment stands for; what a creditor's had spent of its commitment is promised again (event 22, reversed).
-- Outcomes: ok, forbidden, not_found, not_allowed_here, those of payout.post.
-- Locks: advisory on batches, the bill and its commitment, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.withdraw_bill(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bill payout.bill;
    v_commitment payout.commitment;
    v_post log.answer;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer withdraws bills');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout batch', 0));
    SELECT * INTO v_bill FROM payout.bill WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such bill');
    END IF;
    IF v_bill.withdrawn_at IS NOT NULL OR EXISTS (SELECT FROM payout.payment WHERE bill_id = p_id AND state IN ('queued', 'in_flight', 'booked')) THEN
        RETURN log.refusal('not_allowed_here', 'the bill is withdrawn, or a batch pays it');
    END IF;
    IF v_bill.commitment_id IS NOT NULL THEN
        SELECT * INTO v_commitment FROM payout.commitment WHERE id = v_bill.commitment_id FOR UPDATE;
        IF v_commitment.lapsed_at IS NOT NULL THEN
            RETURN log.refusal('not_allowed_here', 'its commitment has lapsed');
        END IF;
        v_post := payout.post_document(pg_catalog.jsonb_build_object('kind', 'commitment_unspent', 'occurred_on', payout.today(), 'actor', p_actor,
                'reverses', v_bill.txn_id, 'resolution', v_commitment.resolution),
            pg_catalog.jsonb_build_object('schema', 'bill-withdrawal/1', 'bill', p_id, 'by', p_actor),
            pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Equity:Committed:' || v_commitment.fund, 'minor', -v_bill.minor),
                pg_catalog.jsonb_build_object('path', v_bill.path, 'minor', v_bill.minor)));
        IF v_post.outcome <> 'posted' THEN
            RETURN v_post;
        END IF;
        UPDATE payout.commitment SET spent = spent - v_bill.minor WHERE id = v_commitment.id;
    END IF;
    UPDATE payout.bill SET withdrawn_at = pg_catalog.clock_timestamp(), withdrawn_by = p_actor WHERE id = p_id;
    RETURN log.answer('ok', payout.bill_json(p_id));
END
$$;
