-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a person explains an entry that waits in suspense. Body: {kind: receipt, invoices: [{invoice_id, amount}], fee?} or {kind: dues, grant, interest, bank_fee}. What is explained leaves suspense whole.
-- Outcomes: matched, already_matched, amount_mismatch, forbidden, not_found, invalid, idempotency_conflict, those of payout.post.
-- Locks: advisory on the entry, then those of payout.book_receipt and payout.post.
CREATE OR REPLACE FUNCTION payout.assign_entry(p_actor uuid, p_key text, p_entry uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'assign_entry ' || p_entry, p_body);
    v_entry payout.bank_entry;
    v_first payout.entry_match;
    v_kind text := p_body->>'kind';
    v_fee bigint := COALESCE((p_body->'fee'->>'minor')::bigint, 0);
    v_parts jsonb;
    v_lines jsonb;
    v_txn uuid := log.new_id();
    v_at timestamptz;
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer assigns bank entries');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('bank entry ' || p_entry, 0));
    SELECT * INTO v_entry FROM payout.bank_entry WHERE id = p_entry;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no bank entry ' || p_entry);
    END IF;
    SELECT * INTO v_first FROM payout.entry_match WHERE entry_id = p_entry AND step = 1;
    IF v_first.kind NOT IN ('suspense', 'suspense_debit') OR EXISTS (SELECT FROM payout.entry_match WHERE entry_id = p_entry AND step = 2) THEN
        RETURN log.refusal('already_matched', 'this entry is matched already');
    END IF;
    IF (v_entry.minor > 0) <> (v_kind IN ('receipt', 'dues', 'grant', 'interest')) THEN
        RETURN log.refusal('invalid', 'a credit is a receipt, dues, grant or interest; a debit a bank fee', '[{"pointer": "/kind", "detail": "does not fit the sign of the entry"}]');
    END IF;
    IF v_kind = 'receipt' THEN
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('invoice_id', e->>'invoice_id', 'minor', (e->'amount'->>'minor')::bigint)) INTO v_parts
        FROM pg_catalog.jsonb_array_elements(p_body->'invoices') AS e;
        -- Over- and underpayment are this person's choice, but each invoice takes at most what is open, and all of the entry is used.
        IF v_parts IS NULL OR (SELECT pg_catalog.sum((p->>'minor')::bigint) FROM pg_catalog.jsonb_array_elements(v_parts) AS p) <> v_entry.minor + v_fee
            OR (SELECT pg_catalog.count(DISTINCT p->>'invoice_id') FROM pg_catalog.jsonb_array_elements(v_parts) AS p) <> pg_catalog.jsonb_array_length(v_parts)
            OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_parts) AS p WHERE (p->>'minor')::bigint < 1
                OR (p->>'minor')::bigint > COALESCE(payout.open_amount((p->>'invoice_id')::uuid), 0)) THEN
            RETURN log.refusal('amount_mismatch', 'the amounts must add up to the entry and its fee, each within what is open of its invoice');
        END IF;
        SELECT recorded_at INTO v_at FROM payout.txn WHERE txn_id = v_first.txn_id;
        v_lines := payout.book_receipt(1, v_txn, p_entry, v_first.txn_id, v_at, 'Liabilities:Suspense:Unmatched', v_fee, v_parts);
    ELSE
        v_lines := pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_build_object('path', CASE WHEN v_entry.minor > 0 THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END, 'minor', v_entry.minor),
            pg_catalog.jsonb_build_object('path', CASE v_kind WHEN 'dues' THEN 'Income:Dues' WHEN 'grant' THEN 'Income:Grants'
                WHEN 'interest' THEN 'Income:Other' ELSE 'Expenses:Fees:Bank' END, 'minor', -v_entry.minor));
    END IF;
    INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule, matched_by) VALUES (p_entry, 2, v_kind, v_txn, 'person', p_actor);
    v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', v_kind, 'occurred_on', payout.today(),
        'actor', p_actor, 'evidence_sha256', payout.store_document(pg_catalog.jsonb_build_object('schema', 'assignment/1', 'entry', p_entry,
            'statement', (SELECT s.file_sha256 FROM payout.bank_statement AS s WHERE s.id = v_entry.statement_id), 'assigned', p_body)))), v_lines);
    IF v_post.outcome <> 'posted' THEN
        RAISE EXCEPTION 'assign_entry %: % %', p_entry, v_post.outcome, v_post.body USING ERRCODE = 'check_violation';
    END IF;
    RETURN log.remember('payout', p_actor::text, p_key, 'assign_entry ' || p_entry, p_body, log.answer('matched', payout.entry_json(p_entry)));
END
$$;
