-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: releases an approved batch: event 6 is posted and committed, then the worker hands the file over. Account versions are read again.
-- Outcomes: accepted, not_approved, payee_changed, forbidden, not_found, not_allowed_here, those of payout.post.
-- Locks: the batch, its payments, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.release_batch(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch payout.batch;
    v_post log.answer;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer releases batches');
    END IF;
    SELECT * INTO v_batch FROM payout.batch WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    IF v_batch.state IN ('draft', 'frozen') THEN
        RETURN log.refusal('not_approved', 'the batch is ' || v_batch.state || ': two people approve it first');
    END IF;
    IF v_batch.state <> 'approved' THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || v_batch.state);
    END IF;
    IF EXISTS (SELECT FROM payout.payment AS p WHERE p.batch_id = p_id AND payout.usable_account(p.member_id) IS DISTINCT FROM p.payee_account_id) THEN
        RETURN log.refusal('payee_changed', 'a payee account moved since the file was frozen: cancel the batch and make another');
    END IF;
    v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'batch_released', 'occurred_on', payout.today(), 'actor', p_actor,
            'evidence_sha256', v_batch.file_sha256, 'approvals', (SELECT pg_catalog.jsonb_agg(a.id ORDER BY a.at) FROM payout.approval AS a WHERE a.batch_id = p_id),
            'refs', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'batch_release', 'external_ref', p_id)))),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', 'Liabilities:Member:' || p.member_id || ':Payable', 'minor', p.minor) ORDER BY p.id)
         FROM payout.payment AS p WHERE p.batch_id = p_id)
        || pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Liabilities:PayoutInFlight:' || p_id, 'minor', -v_batch.total)));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.payment SET state = 'in_flight' WHERE batch_id = p_id AND state = 'queued';
    UPDATE payout.batch SET txn_id = (v_post.body->'txns'->0->>'txn_id')::uuid WHERE id = p_id;
    PERFORM payout.move_batch(p_id, 'releasing', p_actor, NULL);
    PERFORM job.enqueue('send_batch', p_id::text, pg_catalog.jsonb_build_object('batch', p_id));
    RETURN log.answer('accepted', payout.batch_json(p_id));
END
$$;
