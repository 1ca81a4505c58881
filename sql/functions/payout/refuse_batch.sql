-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a released batch that surely did not reach the bank: refused, event 8 for all its payments, closed.
-- Outcomes: posted, those of payout.post.
-- Locks: the batch, then those of payout.reject_payments.
CREATE OR REPLACE FUNCTION payout.refuse_batch(p_batch uuid, p_reason text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM payout.move_batch(p_batch, 'refused', NULL, p_reason);
    RETURN payout.reject_payments(NULL, p_batch, (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.id, 'reason', p_reason) ORDER BY p.id)
            FROM payout.payment AS p WHERE p.batch_id = p_batch AND p.state = 'in_flight'),
        payout.store_document(pg_catalog.jsonb_build_object('schema', 'batch-refusal/1', 'batch', p_batch, 'reason', p_reason, 'at', log.time_text(pg_catalog.now()))),
        pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'batch_refusal', 'external_ref', p_batch)));
END
$$;
