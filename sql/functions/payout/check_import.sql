-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: judges all statements of a staged file before the first is written, each against the one before it on its account. NULL outcome when the
--          file may be booked.
-- Outcomes: those of payout.check_statement; invalid for a file without a statement.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_import(p_import uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_staged payout.import_statement;
    v_account payout.bank_account;
    v_last payout.bank_statement;
    v_seen payout.bank_statement[] := '{}';
    v_refusal log.answer;
BEGIN
    FOR v_staged IN SELECT * FROM payout.import_statement WHERE import = p_import ORDER BY no LOOP
        SELECT * INTO v_account FROM payout.bank_account WHERE iban = v_staged.doc->>'iban';
        SELECT s.* INTO v_last FROM pg_catalog.unnest(v_seen) WITH ORDINALITY AS s WHERE s.bank_account_id = v_account.id ORDER BY s.ordinality DESC LIMIT 1;
        IF v_last.bank_account_id IS NULL THEN
            SELECT * INTO v_last FROM payout.bank_statement WHERE bank_account_id = v_account.id ORDER BY no DESC LIMIT 1;
        END IF;
        IF EXISTS (SELECT FROM pg_catalog.unnest(v_seen) AS s WHERE s.bank_account_id = v_account.id AND s.statement_ref = v_staged.doc->>'ref') THEN
            RETURN log.refusal('invalid', 'statement ' || (v_staged.doc->>'ref') || ' is in the file twice');
        END IF;
        v_refusal := payout.check_statement(v_account, v_staged, v_last);
        IF v_refusal.outcome IS NOT NULL THEN
            RETURN v_refusal;
        END IF;
        UPDATE payout.import_statement SET bank_account_id = v_account.id WHERE import = p_import AND no = v_staged.no;
        v_last.bank_account_id := v_account.id;
        v_last.statement_ref := v_staged.doc->>'ref';
        v_last.closing := (v_staged.doc->>'closing')::bigint;
        v_last.sequence := COALESCE((v_staged.doc->>'sequence')::bigint, v_last.sequence);
        v_last.to_on := (v_staged.doc->>'to_on')::date;
        v_seen := pg_catalog.array_append(v_seen, v_last);
    END LOOP;
    RETURN CASE WHEN v_staged.import IS NULL THEN log.refusal('invalid', 'the file has no statement') END;
END
$$;
