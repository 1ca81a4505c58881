-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: imports a parsed bank file, whole or not at all: the chain is checked, every booked entry becomes one transaction. p_doc: {statements: [{ref, iban, currency, sequence?, from_on?, to_on, opening, closing, entries: [{status, minor, fee, reversal, booked_on, value_on?, servicer_ref?, reference?, return_reason?, text?, details: [...]}]}]}.
-- Outcomes: imported, already_imported, forbidden, invalid, chain_broken, statement_conflict.
-- Locks: the bank account, then those of booking.
CREATE OR REPLACE FUNCTION payout.import_statement(p_actor uuid, p_bytes bytea, p_doc jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sha256 text := pg_catalog.encode(pg_catalog.sha256(p_bytes), 'hex');
    v_stmt jsonb;
    v_item jsonb;
    v_account payout.bank_account;
    v_last payout.bank_statement;
    v_refusal log.answer;
    v_entry payout.bank_entry;
    v_booked jsonb;
    v_txns jsonb[] := '{}';
    v_lines jsonb[] := '{}';
    v_post log.answer;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout import', 0));
    v_refusal := payout.open_import(p_actor, v_sha256);
    IF v_refusal.outcome <> 'ok' THEN
        RETURN v_refusal;
    END IF;
    -- All statements are judged before the first is written, so that a refusal leaves nothing behind.
    FOR v_stmt IN SELECT e FROM pg_catalog.jsonb_array_elements(p_doc->'statements') AS e LOOP
        SELECT * INTO v_account FROM payout.bank_account WHERE iban = v_stmt->>'iban';
        IF v_last.bank_account_id IS DISTINCT FROM v_account.id THEN
            SELECT * INTO v_last FROM payout.bank_statement WHERE bank_account_id = v_account.id ORDER BY no DESC LIMIT 1;
        END IF;
        v_refusal := payout.check_statement(v_account, v_stmt, v_last);
        IF v_refusal.outcome IS NOT NULL THEN
            RETURN v_refusal;
        END IF;
        v_last.bank_account_id := v_account.id;
        v_last.closing := (v_stmt->>'closing')::bigint;
        v_last.sequence := (v_stmt->>'sequence')::bigint;
        v_last.to_on := (v_stmt->>'to_on')::date;
    END LOOP;
    PERFORM payout.store_evidence('application/xml', p_bytes);
    FOR v_stmt IN SELECT e FROM pg_catalog.jsonb_array_elements(p_doc->'statements') AS e LOOP
        SELECT * INTO v_account FROM payout.bank_account WHERE iban = v_stmt->>'iban';
        v_last := payout.store_statement(p_actor, v_account, v_sha256, v_stmt);
        FOR v_entry IN SELECT * FROM payout.bank_entry WHERE statement_id = v_last.id ORDER BY ordinal LOOP
            v_booked := payout.book_entry(pg_catalog.cardinality(v_txns) + 1, 'Assets:Bank:' || v_account.name, v_sha256, v_entry, p_actor);
            v_txns := pg_catalog.array_append(v_txns, v_booked->'txn');
            FOR v_item IN SELECT e FROM pg_catalog.jsonb_array_elements(v_booked->'lines') AS e LOOP
                v_lines := pg_catalog.array_append(v_lines, v_item);
            END LOOP;
        END LOOP;
    END LOOP;
    IF pg_catalog.cardinality(v_txns) > 0 THEN
        v_post := payout.post(pg_catalog.to_jsonb(v_txns), pg_catalog.to_jsonb(v_lines));
        IF v_post.outcome <> 'posted' THEN
            RAISE EXCEPTION 'bank file %: % %', v_sha256, v_post.outcome, v_post.body USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN log.answer('imported', payout.import_json(v_sha256));
END
$$;
