-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the statements of a staged file, their leaves and entries. Entry key: IBAN, statement and AcctSvcrRef, else the hash of the entry's fields and
--          its ordinal among equals, made while the file is read.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.store_import(p_actor uuid, p_import uuid, p_sha256 text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_staged payout.import_statement;
    v_account payout.bank_account;
    v_row payout.bank_statement;
BEGIN
    FOR v_staged IN SELECT * FROM payout.import_statement WHERE import = p_import ORDER BY no LOOP
        SELECT * INTO v_account FROM payout.bank_account WHERE id = v_staged.bank_account_id;
        INSERT INTO payout.bank_statement (id, bank_account_id, statement_ref, sequence, file_sha256, from_on, to_on, opening, closing, previous, entries, imported_by)
        VALUES (log.new_id(), v_account.id, v_staged.doc->>'ref', (v_staged.doc->>'sequence')::bigint, p_sha256, (v_staged.doc->>'from_on')::date,
            (v_staged.doc->>'to_on')::date, (v_staged.doc->>'opening')::bigint, (v_staged.doc->>'closing')::bigint,
            (SELECT s.id FROM payout.bank_statement AS s WHERE s.bank_account_id = v_account.id ORDER BY s.no DESC LIMIT 1),
            (SELECT pg_catalog.count(*) FROM payout.import_entry AS e WHERE e.import = p_import AND e.statement = v_staged.no), p_actor)
        RETURNING * INTO v_row;
        UPDATE payout.import_statement SET statement_id = v_row.id WHERE import = p_import AND no = v_staged.no;
        INSERT INTO payout.bank_entry (id, statement_id, entry_key, ordinal, minor, fee_minor, status, reversal, booked_on, value_on, reference, return_reason, servicer_ref,
            detail)
        SELECT e.entry_id, v_row.id, COALESCE(e.key, v_account.iban || ' ' || v_row.statement_ref || ' ' || COALESCE(e.servicer_ref, 'entry ' || e.ordinal)), e.ordinal, e.minor,
            e.fee, 'BOOK', e.reversal, COALESCE(e.booked_on, v_row.to_on), e.value_on, e.reference, e.return_reason, e.servicer_ref, e.detail
        FROM payout.import_entry AS e WHERE e.import = p_import AND e.statement = v_staged.no ORDER BY e.ordinal;
        PERFORM log.append_leaf('bank_statement', v_row.id::text, p_sha256, pg_catalog.jsonb_build_object(
            'iban', pg_catalog.encode(pg_catalog.sha256(v_account.salt || pg_catalog.convert_to(v_account.iban, 'UTF8')), 'hex'),
            'sequence', v_row.sequence, 'opening', v_row.opening, 'closing', v_row.closing));
    END LOOP;
END
$$;
