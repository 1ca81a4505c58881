-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one way payments change their state, any number of them in one statement. p_moves: array of {"id", "state", "txn_id"?, "entry_id"?,
--          "booked_on"?, "reason"?}: state booked takes txn_id, entry_id and booked_on of the bank entry; returned and rejected take txn_id of the
--          transaction that holds the money again, and the reason code. Batches they belong to follow: what the bank has booked was sent, whatever
--          was known before; a batch closes with its last open payment.
-- Outcomes: none; raises when a payment is not in the state before the one asked for.
-- Locks: the batches, then the payments, each in id order.
CREATE OR REPLACE FUNCTION payout.move_payment(p_moves jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_moved bigint;
    v_batches uuid[];
BEGIN
    SELECT pg_catalog.array_agg(DISTINCT p.batch_id) INTO v_batches
    FROM pg_catalog.jsonb_array_elements(p_moves) AS m JOIN payout.payment AS p ON p.id = (m->>'id')::uuid;
    PERFORM FROM payout.batch WHERE id = ANY (v_batches) ORDER BY id FOR UPDATE;
    PERFORM FROM payout.payment AS p WHERE p.id IN (SELECT (m->>'id')::uuid FROM pg_catalog.jsonb_array_elements(p_moves) AS m) ORDER BY p.id FOR UPDATE;
    UPDATE payout.payment AS p SET state = m.state,
        booked_txn_id = CASE m.state WHEN 'booked' THEN m.txn_id ELSE p.booked_txn_id END,
        entry_id = CASE m.state WHEN 'booked' THEN m.entry_id ELSE p.entry_id END,
        booked_on = CASE m.state WHEN 'booked' THEN m.booked_on ELSE p.booked_on END,
        ended_txn_id = CASE WHEN m.state IN ('returned', 'rejected') THEN m.txn_id ELSE p.ended_txn_id END,
        reason = COALESCE(m.reason, p.reason)
    FROM pg_catalog.jsonb_to_recordset(p_moves) AS m (id uuid, state text, txn_id uuid, entry_id uuid, booked_on date, reason text)
    WHERE p.id = m.id AND p.state <> m.state;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    IF v_moved <> pg_catalog.jsonb_array_length(p_moves) THEN
        RAISE EXCEPTION '% of % payments could not be moved: %', pg_catalog.jsonb_array_length(p_moves) - v_moved,
            pg_catalog.jsonb_array_length(p_moves), pg_catalog.left(p_moves::text, 500) USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM payout.match_bills((SELECT pg_catalog.array_agg((m->>'id')::uuid) FROM pg_catalog.jsonb_array_elements(p_moves) AS m));
    PERFORM payout.move_batch(b.id, 'sent', NULL, 'booked on a statement') FROM payout.batch AS b
    WHERE b.id = ANY (v_batches) AND b.state IN ('releasing', 'unknown')
        AND EXISTS (SELECT FROM payout.payment AS p WHERE p.batch_id = b.id AND p.state IN ('booked', 'returned'));
    PERFORM payout.move_batch(b.id, 'closed', NULL, NULL) FROM payout.batch AS b
    WHERE b.id = ANY (v_batches) AND b.state IN ('sent', 'refused')
        AND NOT EXISTS (SELECT FROM payout.payment AS p WHERE p.batch_id = b.id AND p.state IN ('queued', 'in_flight'));
END
$$;
