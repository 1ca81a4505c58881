-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: releases an approved batch: events 6, 14, 19 and 22 are posted and committed, then the worker hands the file over. File, account versions
--          and limits are looked at again. p_limits: {person, batch, day}, minor units.
-- Outcomes: accepted, not_approved, payee_changed, over_limit, already_matched, forbidden, not_found, not_allowed_here, those of payout.post.
-- Locks: advisory on releases, the batch, its payments, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.release_batch(p_actor uuid, p_id uuid, p_limits jsonb DEFAULT '{}') RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch payout.batch;
    v_refusal log.answer;
    v_post log.answer;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer releases batches');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout release', 0));
    SELECT * INTO v_batch FROM payout.batch WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    v_refusal := payout.check_release(v_batch, p_limits);
    IF v_refusal.outcome IS NOT NULL THEN
        RETURN v_refusal;
    END IF;
    v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'batch_released', 'occurred_on', payout.today(), 'actor', p_actor,
            'evidence_sha256', v_batch.file_sha256, 'approvals', (SELECT pg_catalog.jsonb_agg(a.id ORDER BY a.at) FROM payout.approval AS a WHERE a.batch_id = p_id),
            'refs', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'batch_release', 'external_ref', p_id)))),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor) ORDER BY x.path)
         FROM (SELECT payout.payment_source(p) AS path, pg_catalog.sum(p.minor)::bigint AS minor FROM payout.payment AS p WHERE p.batch_id = p_id GROUP BY 1) AS x)
        || pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Liabilities:PayoutInFlight:' || p_id, 'minor', -v_batch.total)));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.batch SET txn_id = (v_post.body->'txns'->0->>'txn_id')::uuid WHERE id = p_id;
    PERFORM payout.move_batch(p_id, 'releasing', p_actor, NULL);
    PERFORM payout.move_payment((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.id, 'state', 'in_flight'))
        FROM payout.payment AS p WHERE p.batch_id = p_id));
    PERFORM job.enqueue('send_batch', p_id::text, pg_catalog.jsonb_build_object('batch', p_id));
    RETURN log.answer('accepted', payout.batch_json(p_id));
END
$$;
