-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: cancels a batch that has not been released; what it would have paid stays payable.
-- Outcomes: ok, forbidden, not_found, not_allowed_here.
-- Locks: the batch.
CREATE OR REPLACE FUNCTION payout.cancel_batch(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_state text;
    v_again jsonb;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer cancels batches');
    END IF;
    SELECT state INTO v_state FROM payout.batch WHERE id = p_id FOR UPDATE;
    IF v_state IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    IF v_state NOT IN ('draft', 'frozen', 'approved') THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || v_state);
    END IF;
    -- A new attempt goes on waiting, under a new id: the file that named the old one may be anywhere.
    WITH again AS (SELECT log.new_id() AS id, p.member_id, p.bill_id, p.minor, p.retries FROM payout.payment AS p WHERE p.batch_id = p_id AND p.retries IS NOT NULL),
    ended AS (UPDATE payout.payment SET state = 'cancelled' WHERE batch_id = p_id RETURNING id)
    SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(a)) INTO v_again FROM again AS a WHERE (SELECT pg_catalog.count(*) FROM ended) > 0;
    INSERT INTO payout.payment (id, member_id, bill_id, minor, end_to_end_id, uetr, retries)
    SELECT a.id, a.member_id, a.bill_id, a.minor, 'E' || payout.base32(a.id), payout.payment_uetr(a.id), a.retries
    FROM pg_catalog.jsonb_to_recordset(COALESCE(v_again, '[]')) AS a (id uuid, member_id uuid, bill_id uuid, minor bigint, retries uuid);
    DELETE FROM payout.batch_piece WHERE batch_id = p_id;
    PERFORM payout.move_batch(p_id, 'cancelled', p_actor, p_body->>'reason');
    RETURN log.answer('ok', payout.batch_json(p_id));
END
$$;
