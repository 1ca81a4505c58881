-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a licensee's dispute (event 15). Won: the money is distributable again. Lost: a credit note over it, out of what was disputed. p_body: {state, decision}.
-- Outcomes: settled, forbidden, not_found, not_allowed_here, idempotency_conflict, those of payout.write_credit.
-- Locks: the invoice, the dispute, then those of payout.write_credit or payout.post.
CREATE OR REPLACE FUNCTION payout.settle_invoice_dispute(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'settle_dispute ' || p_id, p_body);
    v_dispute payout.dispute;
    v_invoice payout.invoice;
    v_answer log.answer;
    v_txn uuid;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer settles disputes of licensees');
    END IF;
    SELECT i.* INTO v_invoice FROM payout.invoice AS i JOIN payout.dispute AS d ON d.invoice_id = i.id WHERE d.id = p_id FOR UPDATE OF i;
    SELECT * INTO v_dispute FROM payout.dispute WHERE id = p_id AND kind = 'licensee' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such dispute');
    END IF;
    IF v_dispute.state <> 'opened' THEN
        RETURN log.refusal('not_allowed_here', 'the dispute is settled');
    END IF;
    IF p_body->>'state' = 'lost' THEN
        v_answer := payout.write_credit(p_actor, v_invoice, (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('line', x.line, 'net', x.net)) FROM (
            SELECT s.line, pg_catalog.sum(d.minor) AS net FROM payout.dispute_slice AS d JOIN payout.receipt_slice AS s ON s.id = d.receipt_slice_id
            WHERE d.dispute_id = p_id GROUP BY s.line) AS x), pg_catalog.left(p_body->>'decision', 1000), p_id);
    ELSE
        v_answer := payout.post_document(pg_catalog.jsonb_build_object('kind', 'dispute_won', 'occurred_on', payout.today(), 'actor', p_actor),
            pg_catalog.jsonb_build_object('schema', 'dispute-decision/1', 'id', p_id, 'state', 'won', 'decision', p_body->>'decision'),
            (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', 'Liabilities:Pool:' || x.pool || d.side, 'minor', d.sign * x.minor) ORDER BY d.sign DESC, x.pool)
             FROM (SELECT s.pool, pg_catalog.sum(d.minor)::bigint AS minor FROM payout.dispute_slice AS d JOIN payout.receipt_slice AS s ON s.id = d.receipt_slice_id
                   WHERE d.dispute_id = p_id GROUP BY s.pool) AS x, (VALUES (':Disputed', 1), (':Received', -1)) AS d (side, sign)));
    END IF;
    v_txn := (v_answer.body->>'txn_id')::uuid;
    IF v_txn IS NULL THEN
        RETURN v_answer;
    END IF;
    UPDATE payout.dispute SET state = p_body->>'state', decision = p_body->>'decision', settled_txn_id = v_txn, settled_at = pg_catalog.clock_timestamp(), settled_by = p_actor
    WHERE id = p_id;
    RETURN log.remember('payout', p_actor::text, p_key, 'settle_dispute ' || p_id, p_body, log.answer('settled', payout.dispute_json(p_id)));
END
$$;
