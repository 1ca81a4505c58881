-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: books one bank entry and gives its transaction and postings for the caller's payout.post: receipt, payment, return, else suspense. A credit with a return reason is never income.
-- Outcomes: {txn, lines}.
-- Locks: the invoices or payments it matches.
CREATE OR REPLACE FUNCTION payout.book_entry(p_n integer, p_bank text, p_evidence text, p_entry payout.bank_entry, p_actor uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txn uuid := log.new_id();
    v_day record;
    v_match jsonb;
    v_kind text;
    v_lines jsonb;
    v_other text;
    v_fee bigint := p_entry.fee_minor;
BEGIN
    IF p_entry.minor > 0 AND p_entry.return_reason IS NOT NULL THEN
        v_match := payout.match_return(p_entry.minor, p_entry.detail->'details');
        IF v_match IS NOT NULL THEN
            v_kind := 'return';
            v_lines := payout.book_return(p_n, v_txn, p_bank, p_entry, (v_match->>'payment')::uuid);
        END IF;
    ELSIF p_entry.minor > 0 AND NOT p_entry.reversal THEN
        v_match := payout.match_credit(p_entry.minor + v_fee, p_entry.reference, p_entry.detail->>'text');
        -- Some banks list charges they did not take out of the amount.
        IF v_match IS NULL AND v_fee > 0 THEN
            v_fee := 0;
            v_match := payout.match_credit(p_entry.minor, p_entry.reference, p_entry.detail->>'text');
        END IF;
        IF v_match IS NOT NULL THEN
            v_kind := 'receipt';
            v_lines := payout.book_receipt(p_n, v_txn, p_entry.id, v_txn, pg_catalog.clock_timestamp(), p_bank, v_fee, v_match->'parts');
        END IF;
    ELSIF p_entry.minor < 0 AND NOT p_entry.reversal THEN
        v_match := payout.match_debit(-p_entry.minor, p_entry.detail->'details');
        IF v_match IS NOT NULL THEN
            v_kind := 'payment';
            v_lines := payout.book_payments(p_n, v_txn, p_bank, p_entry, v_match->'payments');
        END IF;
    END IF;
    IF v_kind IS NULL THEN
        v_kind := CASE WHEN p_entry.minor > 0 THEN 'suspense' ELSE 'suspense_debit' END;
        v_other := CASE WHEN p_entry.minor > 0 THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END;
        v_lines := pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('txn', p_n, 'path', p_bank, 'minor', p_entry.minor),
            pg_catalog.jsonb_build_object('txn', p_n, 'path', v_other, 'minor', -p_entry.minor));
    END IF;
    SELECT * INTO v_day FROM payout.booking_day(p_entry.booked_on);
    INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule, matched_by)
    VALUES (p_entry.id, 1, v_kind, v_txn, COALESCE(v_match->>'rule', 'none'), p_actor);
    RETURN pg_catalog.jsonb_build_object('lines', v_lines, 'txn', pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind',
        CASE v_kind WHEN 'payment' THEN 'batch_booked' WHEN 'return' THEN 'returned' ELSE v_kind END, 'occurred_on', v_day.occurred_on,
        'concerns', v_day.concerns, 'actor', p_actor, 'evidence_sha256', p_evidence,
        'refs', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'bank_entry', 'external_ref', p_entry.entry_key))));
END
$$;
