-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: event 8: payments of one batch that the rail or the bank rejected before booking them. p_rejects: array of {"id", "reason"}; p_evidence: hash of
--          what says so; p_refs as in payout.post. What members were to get is held for them (payout.end_payments), the rest goes back where it came from. The batch closes
--          with its last open payment.
-- Outcomes: posted, those of payout.post.
-- Locks: those of payout.post, then those of payout.end_payments.
CREATE OR REPLACE FUNCTION payout.reject_payments(p_actor uuid, p_batch uuid, p_rejects jsonb, p_evidence text, p_refs jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txn uuid := log.new_id();
    v_post log.answer;
BEGIN
    v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'rejected', 'occurred_on', payout.today(), 'actor', p_actor,
            'evidence_sha256', p_evidence, 'refs', p_refs)),
        (SELECT pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Liabilities:PayoutInFlight:' || p_batch, 'minor', pg_catalog.sum(x.minor)))
                || pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', -x.minor) ORDER BY x.path)
         FROM (SELECT payout.payment_end(p, 'Rejected') AS path, pg_catalog.sum(p.minor)::bigint AS minor FROM pg_catalog.jsonb_array_elements(p_rejects) AS r
               JOIN payout.payment AS p ON p.id = (r->>'id')::uuid GROUP BY 1) AS x));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    PERFORM payout.end_payments((SELECT pg_catalog.jsonb_agg(r || pg_catalog.jsonb_build_object('txn_id', v_txn)) FROM pg_catalog.jsonb_array_elements(p_rejects) AS r), 'rejected');
    RETURN v_post;
END
$$;
