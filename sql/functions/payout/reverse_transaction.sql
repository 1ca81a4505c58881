-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes a booking by hand, or the match of a bank entry, back: the exact negative, once, today. p_body: {reason}. Other bookings follow documents and are undone
--          by those: an invoice is credited, a batch refused.
-- Outcomes: posted, already_reversed, not_allowed_here, forbidden, not_found, idempotency_conflict, those of payout.post and payout.reverse_match.
-- Locks: those of payout.post and payout.reverse_match.
CREATE OR REPLACE FUNCTION payout.reverse_transaction(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'reverse_transaction ' || p_id, p_body);
    v_txn payout.txn;
    v_path text;
    v_entry uuid;
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer books');
    END IF;
    SELECT * INTO v_txn FROM payout.txn WHERE txn_id = p_id;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such transaction');
    END IF;
    IF EXISTS (SELECT FROM payout.reversal WHERE reverses = p_id) THEN
        RETURN log.refusal('already_reversed', 'transaction ' || p_id || ' is reversed already');
    END IF;
    SELECT m.entry_id INTO v_entry FROM payout.entry_match AS m
    WHERE m.txn_id = p_id AND m.step > 1 AND m.step = (SELECT pg_catalog.max(l.step) FROM payout.entry_match AS l WHERE l.entry_id = m.entry_id) LIMIT 1;
    IF FOUND THEN
        v_post := payout.reverse_match(p_actor, NULL, v_entry, p_body);
        IF v_post.outcome <> 'posted' THEN
            RETURN v_post;
        END IF;
        RETURN log.remember('payout', p_actor::text, p_key, 'reverse_transaction ' || p_id, p_body, log.answer('posted',
            payout.txn_json((SELECT m.txn_id FROM payout.entry_match AS m WHERE m.entry_id = v_entry ORDER BY m.step DESC LIMIT 1))));
    END IF;
    SELECT a.path INTO v_path FROM payout.posting AS p JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id
    JOIN payout.chart AS c ON c.shape = payout.chart_shape(a.path)
    WHERE p.month = v_txn.month AND p.txn_id = p_id AND NOT c.by_hand LIMIT 1;
    IF FOUND OR v_txn.kind NOT IN ('resolution', 'reversal') THEN
        RETURN log.refusal('not_allowed_here', 'a transaction of kind ' || v_txn.kind || ' follows a document and is undone by it: credit the invoice, assign the bank entry anew');
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('kind', 'reversal', 'occurred_on', payout.today(), 'actor', p_actor, 'reverses', p_id,
            'resolution', v_txn.resolution),
        pg_catalog.jsonb_build_object('schema', 'reversal/1', 'reverses', p_id,
            'txn_no', v_txn.txn_no, 'evidence', v_txn.evidence_sha256, 'reason', p_body->>'reason'),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', a.path, 'minor', -p.minor) ORDER BY p.line)
         FROM payout.posting AS p JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id WHERE p.month = v_txn.month AND p.txn_id = p_id));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    RETURN log.remember('payout', p_actor::text, p_key, 'reverse_transaction ' || p_id, p_body, log.answer('posted', payout.txn_json((v_post.body->>'txn_id')::uuid)));
END
$$;
