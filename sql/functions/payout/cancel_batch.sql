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
    UPDATE payout.payment SET state = 'cancelled' WHERE batch_id = p_id;
    PERFORM payout.move_batch(p_id, 'cancelled', p_actor, p_body->>'reason');
    RETURN log.answer('ok', payout.batch_json(p_id));
END
$$;
