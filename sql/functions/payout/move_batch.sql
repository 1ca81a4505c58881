-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one way a batch changes its state: row, history, leaf.
-- Outcomes: none; raises.
-- Locks: the batch.
CREATE OR REPLACE FUNCTION payout.move_batch(p_batch uuid, p_state text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_hash text;
BEGIN
    UPDATE payout.batch SET state = p_state, reason = p_reason WHERE id = p_batch RETURNING file_sha256 INTO v_hash;
    INSERT INTO payout.batch_event (batch_id, no, state, actor, reason)
    SELECT p_batch, pg_catalog.count(*) + 1, p_state, p_actor, p_reason FROM payout.batch_event WHERE batch_id = p_batch;
    IF v_hash IS NOT NULL THEN
        PERFORM log.append_leaf('batch_event', p_batch::text, v_hash, pg_catalog.jsonb_build_object('state', p_state));
    END IF;
END
$$;
