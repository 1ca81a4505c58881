-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a person explains an entry that waits in suspense; it leaves suspense whole. p_body: {kind, ...}. A credit is receipt {invoices: [{invoice_id, amount}], fee?,
--          rest?}, dues, grant, interest, return {payments}; a debit bank_fee, payment {payments}; either transfer, or reversal {entry_id} of another that waits.
-- Outcomes: matched, already_matched, amount_mismatch, forbidden, not_found, invalid, idempotency_conflict, those of payout.post.
-- Locks: advisory on the entry, then those of payout.book_receipt and payout.post.
CREATE OR REPLACE FUNCTION payout.assign_entry(p_actor uuid, p_key text, p_entry uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'assign_entry ' || p_entry, p_body);
    v_entry payout.bank_entry;
    v_other payout.bank_entry;
    v_kind text := p_body->>'kind';
    v_txn uuid := log.new_id();
    v_lines jsonb;
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer assigns bank entries');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('bank entry ' || x.id, 0))
    FROM (SELECT p_entry AS id UNION SELECT (p_body->>'entry_id')::uuid ORDER BY 1) AS x WHERE x.id IS NOT NULL;
    SELECT * INTO v_entry FROM payout.bank_entry WHERE id = p_entry;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no bank entry ' || p_entry);
    END IF;
    IF NOT payout.is_assignable(p_entry) THEN
        RETURN log.refusal('already_matched', 'this entry is matched already, or on its way back to its sender');
    END IF;
    IF v_kind NOT IN ('transfer', 'reversal') AND (v_entry.minor > 0) <> (v_kind NOT IN ('bank_fee', 'payment')) THEN
        RETURN log.refusal('invalid', 'a credit is a receipt, dues, grant, interest or return; a debit a bank fee or payment',
            '[{"pointer": "/kind", "detail": "does not fit the sign of the entry"}]');
    END IF;
    IF v_kind = 'receipt' THEN
        v_lines := payout.assign_receipt(v_txn, v_entry, p_body);
    ELSIF v_kind IN ('payment', 'return') THEN
        v_lines := payout.assign_payments(v_txn, v_entry, p_body);
    ELSIF v_kind = 'reversal' THEN
        SELECT e.* INTO v_other FROM payout.bank_entry AS e JOIN payout.bank_statement AS s ON s.id = e.statement_id
        JOIN payout.bank_statement AS t ON t.id = v_entry.statement_id AND t.bank_account_id = s.bank_account_id
        WHERE e.id = (p_body->>'entry_id')::uuid AND e.minor = -v_entry.minor AND payout.is_assignable(e.id);
        v_lines := CASE WHEN v_other.id IS NOT NULL THEN payout.suspense_lines(v_entry, CASE WHEN v_entry.minor > 0 THEN 'Assets:Suspense:Debit' ELSE 'Liabilities:Suspense:Unmatched' END) END;
    ELSE
        v_lines := payout.suspense_lines(v_entry, CASE v_kind WHEN 'dues' THEN 'Income:Dues' WHEN 'grant' THEN 'Income:Grants' WHEN 'interest' THEN 'Income:Other'
            WHEN 'transfer' THEN 'Assets:Transit' ELSE 'Expenses:Fees:Bank' END);
    END IF;
    IF v_lines IS NULL THEN
        RETURN log.refusal('amount_mismatch', CASE v_kind WHEN 'reversal' THEN 'a reversal takes another entry of the account that waits with the opposite amount'
            WHEN 'receipt' THEN 'the amounts must add up to the entry and its fee, less the rest, each within what is open of its invoice'
            WHEN 'return' THEN 'the payments must be booked, none returned yet, and together at least the entry' ELSE 'the payments must be in flight and add up to the entry' END);
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', CASE v_kind WHEN 'payment' THEN 'batch_booked'
            WHEN 'return' THEN 'returned' WHEN 'reversal' THEN 'bank_reversal' ELSE v_kind END, 'occurred_on', payout.today(), 'actor', p_actor),
        pg_catalog.jsonb_build_object('schema', 'assignment/1', 'entry', p_entry, 'statement',
            (SELECT s.file_sha256 FROM payout.bank_statement AS s WHERE s.id = v_entry.statement_id), 'assigned', p_body), v_lines);
    IF v_post.outcome <> 'posted' THEN
        RAISE EXCEPTION 'assign_entry %: % %', p_entry, v_post.outcome, v_post.body USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule, matched_by)
    SELECT m.entry_id, pg_catalog.max(m.step) + 1, v_kind, v_txn, 'person', p_actor FROM payout.entry_match AS m WHERE m.entry_id IN (p_entry, v_other.id) GROUP BY m.entry_id;
    IF v_kind = 'return' THEN
        PERFORM payout.hold_returned((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p, 'txn_id', v_txn, 'reason', COALESCE(p_body->>'reason', v_entry.return_reason)))
            FROM pg_catalog.jsonb_array_elements_text(p_body->'payments') AS p));
    END IF;
    RETURN log.remember('payout', p_actor::text, p_key, 'assign_entry ' || p_entry, p_body, log.answer('matched', payout.entry_json(p_entry)));
END
$$;
