-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes a wrong match of a bank entry back by a new transaction: the entry waits in suspense again, invoices are open again. The bank has not moved, so a
--          match that was booked with the entry is undone against suspense. p_body: {reason}. What a run has distributed, a licensee disputes or a credit
--          note took is not undone here; nor are payments, whose state rests on the bank.
-- Outcomes: posted, not_allowed_here, forbidden, not_found, idempotency_conflict, those of payout.post.
-- Locks: advisory on the entries, the invoices, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.reverse_match(p_actor uuid, p_key text, p_entry uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'reverse_match ' || p_entry, p_body);
    v_match payout.entry_match;
    v_txn uuid := log.new_id();
    v_lines jsonb;
    v_bank boolean;
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer assigns bank entries');
    END IF;
    SELECT * INTO v_match FROM payout.entry_match WHERE entry_id = p_entry ORDER BY step DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no bank entry ' || p_entry);
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('bank entry ' || m.entry_id, 0))
    FROM (SELECT entry_id FROM payout.entry_match WHERE txn_id = v_match.txn_id ORDER BY entry_id) AS m;
    SELECT * INTO v_match FROM payout.entry_match WHERE entry_id = p_entry ORDER BY step DESC LIMIT 1;
    IF v_match.kind IN ('suspense', 'suspense_debit') THEN
        RETURN log.refusal('not_allowed_here', 'this entry waits in suspense: nothing is to be taken back');
    END IF;
    IF v_match.kind IN ('payment', 'return', 'send_back') THEN
        RETURN log.refusal('not_allowed_here', 'the bank''s word on a payment is not taken back here');
    END IF;
    PERFORM FROM payout.invoice AS i WHERE i.id IN (SELECT s.invoice_id FROM payout.receipt_slice AS s WHERE s.txn_id = v_match.txn_id) ORDER BY i.id FOR UPDATE;
    IF EXISTS (SELECT FROM payout.receipt_slice AS s WHERE s.txn_id = v_match.txn_id AND s.line > 0
            AND NOT EXISTS (SELECT FROM payout.distributable_slice AS d WHERE d.receipt_slice_id = s.id AND d.minor = s.minor))
        OR EXISTS (SELECT FROM payout.receipt_slice AS s JOIN payout.invoice AS i ON i.id = s.invoice_id WHERE s.txn_id = v_match.txn_id AND i.state NOT IN ('part_paid', 'paid')) THEN
        RETURN log.refusal('not_allowed_here', 'a run, a dispute or a credit note rests on this receipt: credit the invoice instead');
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', CASE WHEN a.path LIKE 'Assets:Bank:%' THEN CASE WHEN p.minor > 0 THEN 'Liabilities:Suspense:Unmatched'
            ELSE 'Assets:Suspense:Debit' END ELSE a.path END, 'minor', -p.minor) ORDER BY p.line), pg_catalog.bool_or(a.path LIKE 'Assets:Bank:%') INTO v_lines, v_bank
    FROM payout.posting AS p JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id WHERE p.txn_id = v_match.txn_id;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'match_reversed', 'occurred_on', payout.today(), 'actor', p_actor,
            'reverses', CASE WHEN NOT v_bank THEN v_match.txn_id END),
        pg_catalog.jsonb_build_object('schema', 'match-reversal/1', 'entry', p_entry, 'match', v_match.txn_id, 'reason', p_body->>'reason'), v_lines);
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    INSERT INTO payout.receipt_undone (txn_id, undone_txn_id) SELECT r.txn_id, v_txn FROM payout.receipt AS r WHERE r.txn_id = v_match.txn_id;
    UPDATE payout.invoice AS i SET state = CASE WHEN EXISTS (SELECT FROM payout.paid_slice AS o WHERE o.invoice_id = i.id) THEN 'part_paid' ELSE 'issued' END
    WHERE i.id IN (SELECT s.invoice_id FROM payout.receipt_slice AS s WHERE s.txn_id = v_match.txn_id);
    INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule, matched_by, reason)
    SELECT m.entry_id, m.step + 1, CASE WHEN e.minor > 0 THEN 'suspense' ELSE 'suspense_debit' END, v_txn, 'person', p_actor, p_body->>'reason'
    FROM payout.entry_match AS m JOIN payout.bank_entry AS e ON e.id = m.entry_id WHERE m.txn_id = v_match.txn_id;
    RETURN log.remember('payout', p_actor::text, p_key, 'reverse_match ' || p_entry, p_body, log.answer('posted', payout.entry_json(p_entry)));
END
$$;
