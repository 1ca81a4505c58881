-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: event 8: payments of one batch that the rail or the bank rejected before booking them. p_rejects: array of {"id", "reason"}; p_evidence: hash of
--          what says so; p_refs as in payout.post. What members were to get is held for them, the rest goes back where it came from; reasons that make
--          an account unusable block it. The batch closes with its last open payment.
-- Outcomes: posted, those of payout.post.
-- Locks: those of payout.post, then those of payout.move_payment.
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
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id)
    SELECT log.new_id(), p.member_id, 'Rejected', p.minor, v_txn FROM pg_catalog.jsonb_array_elements(p_rejects) AS r
    JOIN payout.payment AS p ON p.id = (r->>'id')::uuid WHERE p.member_id IS NOT NULL;
    INSERT INTO payout.payee_account_event (id, kind, reason)
    SELECT DISTINCT ON (p.payee_account_id) p.payee_account_id, 'blocked', r->>'reason' FROM pg_catalog.jsonb_array_elements(p_rejects) AS r
    JOIN payout.payment AS p ON p.id = (r->>'id')::uuid
    WHERE p.payee_account_id IS NOT NULL AND payout.reason_class(r->>'reason') = 'account'
    ON CONFLICT DO NOTHING;
    PERFORM payout.move_payment((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', r->>'id', 'state', 'rejected', 'txn_id', v_txn, 'reason', r->>'reason'))
        FROM pg_catalog.jsonb_array_elements(p_rejects) AS r));
    PERFORM log.notify_member(p.member_id, 'payment ' || p.id, 'payment.rejected', pg_catalog.jsonb_build_object('reason', r->>'reason'))
    FROM pg_catalog.jsonb_array_elements(p_rejects) AS r JOIN payout.payment AS p ON p.id = (r->>'id')::uuid WHERE p.member_id IS NOT NULL;
    RETURN v_post;
END
$$;
