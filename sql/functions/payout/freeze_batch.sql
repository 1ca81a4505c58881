-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: joins the pieces of a draft's file (payout.store_piece) and stores it; from now on nothing of the batch changes. p_at: the time of freeze
--          that the file carries.
-- Outcomes: batch_frozen, payee_changed, forbidden, not_found, not_allowed_here.
-- Locks: the batch.
CREATE OR REPLACE FUNCTION payout.freeze_batch(p_actor uuid, p_id uuid, p_attempt uuid, p_at timestamptz) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch payout.batch;
    v_hash text;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer freezes batches');
    END IF;
    SELECT * INTO v_batch FROM payout.batch WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    IF v_batch.state <> 'draft' THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || v_batch.state);
    END IF;
    IF payout.payees_moved(p_id) THEN
        RETURN log.refusal('payee_changed', 'a payee account moved while the file was written: cancel the batch and make another');
    END IF;
    v_hash := payout.store_evidence('application/xml', (SELECT pg_catalog.string_agg(f.bytes, '\x' ORDER BY f.no)
        FROM payout.batch_piece AS f WHERE f.batch_id = p_id AND f.attempt = p_attempt));
    DELETE FROM payout.batch_piece WHERE batch_id = p_id;
    UPDATE payout.batch SET message_id = 'CH' || payout.base32(p_id), file_sha256 = v_hash, frozen_at = p_at, state = 'frozen' WHERE id = p_id;
    INSERT INTO payout.batch_event (batch_id, no, state, actor) SELECT p_id, pg_catalog.count(*) + 1, 'frozen', p_actor FROM payout.batch_event WHERE batch_id = p_id;
    PERFORM log.append_leaf('batch', p_id::text, v_hash, pg_catalog.jsonb_build_object('count', v_batch.count, 'total', v_batch.total));
    PERFORM log.append_leaf('batch_event', p_id::text, v_hash, '{"state": "frozen"}');
    RETURN log.answer('batch_frozen', payout.batch_json(p_id));
END
$$;
