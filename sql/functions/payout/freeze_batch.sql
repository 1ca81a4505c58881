-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores the file of a draft; from now on nothing of the batch changes.
-- Outcomes: batch_frozen, not_allowed_here.
-- Locks: the batch.
CREATE OR REPLACE FUNCTION payout.freeze_batch(p_actor uuid, p_id uuid, p_bytes bytea, p_at timestamptz) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch payout.batch;
    v_hash text;
BEGIN
    SELECT * INTO v_batch FROM payout.batch WHERE id = p_id FOR UPDATE;
    IF v_batch.state <> 'draft' OR NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || v_batch.state);
    END IF;
    v_hash := payout.store_evidence('application/xml', p_bytes);
    UPDATE payout.batch SET message_id = 'CH' || payout.base32(p_id), file_sha256 = v_hash, frozen_at = p_at, state = 'frozen' WHERE id = p_id;
    INSERT INTO payout.batch_event (batch_id, no, state, actor) SELECT p_id, pg_catalog.count(*) + 1, 'frozen', p_actor FROM payout.batch_event WHERE batch_id = p_id;
    PERFORM log.append_leaf('batch', p_id::text, v_hash, pg_catalog.jsonb_build_object('count', v_batch.count, 'total', v_batch.total));
    RETURN log.answer('batch_frozen', payout.batch_json(p_id));
END
$$;
