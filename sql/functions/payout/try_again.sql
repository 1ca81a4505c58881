-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the new payment after one that was rejected or returned: ids of its own, `retries` the old one's; the next batch takes it. What is held for a
--          member is payable again (event 4, reverse); p_hold is NULL for a bill, whose account has it back already.
-- Outcomes: created {"id", "txn_id"}; those of payout.post.
-- Locks: those of payout.post; the caller holds the payment and the hold.
CREATE OR REPLACE FUNCTION payout.try_again(p_actor uuid, p_old payout.payment, p_hold uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
    v_txn uuid;
    v_post log.answer;
BEGIN
    IF p_hold IS NOT NULL THEN
        v_txn := log.new_id();
        v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'hold_released', 'occurred_on', payout.today(), 'actor', p_actor),
            pg_catalog.jsonb_build_object('schema', 'payment-retry/1', 'payment', v_id, 'retries', p_old.id, 'by', p_actor),
            pg_catalog.jsonb_build_array(
                pg_catalog.jsonb_build_object('path', payout.payment_end(p_old, pg_catalog.initcap(p_old.state)), 'minor', p_old.minor),
                pg_catalog.jsonb_build_object('path', payout.payment_source(p_old), 'minor', -p_old.minor)));
        IF v_post.outcome <> 'posted' THEN
            RETURN v_post;
        END IF;
        UPDATE payout.hold SET released_txn_id = v_txn, released_at = pg_catalog.clock_timestamp() WHERE id = p_hold;
    END IF;
    INSERT INTO payout.payment (id, member_id, bill_id, minor, end_to_end_id, uetr, retries)
    VALUES (v_id, p_old.member_id, p_old.bill_id, p_old.minor, 'E' || payout.base32(v_id), payout.payment_uetr(v_id), p_old.id);
    RETURN log.answer('created', pg_catalog.jsonb_build_object('id', v_id, 'txn_id', v_txn));
END
$$;
