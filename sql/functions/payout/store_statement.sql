-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes a statement and its booked entries, and its leaf. Entry key: IBAN, statement and AcctSvcrRef, else the hash of the entry's fields and its ordinal among equals.
-- Outcomes: the row.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.store_statement(p_actor uuid, p_account payout.bank_account, p_sha256 text, p_stmt jsonb) RETURNS payout.bank_statement
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row payout.bank_statement;
BEGIN
    INSERT INTO payout.bank_statement (id, bank_account_id, statement_ref, sequence, file_sha256, from_on, to_on, opening, closing, previous, entries, imported_by)
    VALUES (log.new_id(), p_account.id, p_stmt->>'ref', (p_stmt->>'sequence')::bigint, p_sha256, (p_stmt->>'from_on')::date, (p_stmt->>'to_on')::date,
        (p_stmt->>'opening')::bigint, (p_stmt->>'closing')::bigint,
        (SELECT s.id FROM payout.bank_statement AS s WHERE s.bank_account_id = p_account.id ORDER BY s.no DESC LIMIT 1),
        (SELECT pg_catalog.count(*) FROM pg_catalog.jsonb_array_elements(p_stmt->'entries') AS e WHERE e->>'status' = 'BOOK'), p_actor)
    RETURNING * INTO v_row;
    INSERT INTO payout.bank_entry (id, statement_id, entry_key, ordinal, minor, fee_minor, status, reversal, booked_on, value_on, reference, return_reason, detail)
    SELECT log.new_id(), v_row.id, COALESCE(x.e->>'key', p_account.iban || ' ' || (p_stmt->>'ref') || ' ' || x.ref,
               p_account.iban || ' ' || (p_stmt->>'ref') || ' ' || x.hash || ' ' || pg_catalog.row_number() OVER (PARTITION BY x.ref, x.hash ORDER BY x.ordinality)),
           x.ordinality, (x.e->>'minor')::bigint, COALESCE((x.e->>'fee')::bigint, 0), 'BOOK', COALESCE((x.e->>'reversal')::boolean, false),
           COALESCE((x.e->>'booked_on')::date, (p_stmt->>'to_on')::date), (x.e->>'value_on')::date, x.e->>'reference', x.e->>'return_reason',
           pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('text', x.e->>'text', 'details', COALESCE(x.e->'details', '[]')))
    FROM (SELECT e.value AS e, e.ordinality, e.value->>'servicer_ref' AS ref, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(e.value::text, 'UTF8')), 'hex') AS hash
          FROM pg_catalog.jsonb_array_elements(p_stmt->'entries') WITH ORDINALITY AS e WHERE e.value->>'status' = 'BOOK') AS x;
    PERFORM log.append_leaf('bank_statement', v_row.id::text, p_sha256, pg_catalog.jsonb_build_object(
        'iban', pg_catalog.encode(pg_catalog.sha256(p_account.salt || pg_catalog.convert_to(p_account.iban, 'UTF8')), 'hex'),
        'sequence', v_row.sequence, 'opening', v_row.opening, 'closing', v_row.closing));
    RETURN v_row;
END
$$;
