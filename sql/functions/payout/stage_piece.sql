-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a piece of a bank file that is being read: its bytes, and the statements and booked entries read out of them. p_doc: {statements: [{no?, entries:
--          [{minor, fee?, reversal?, booked_on?, value_on?, ordinal?, key?, servicer_ref?, reference?, refs?, numbers?, return_reason?, text?, details?}], and
--          with its last piece: ref, iban, currency?, sequence?, from_on?, to_on, opening, closing, notice?}]}. Nothing here is booked.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.stage_piece(p_import uuid, p_no integer, p_bytes bytea, p_doc jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_statement record;
BEGIN
    INSERT INTO payout.import_piece (import, no, bytes) VALUES (p_import, p_no, p_bytes);
    FOR v_statement IN SELECT COALESCE((s.value->>'no')::integer, s.ordinality::integer) AS no, s.value - 'entries' AS doc, COALESCE(s.value->'entries', '[]') AS entries
        FROM pg_catalog.jsonb_array_elements(p_doc->'statements') WITH ORDINALITY AS s LOOP
        IF v_statement.doc ? 'iban' THEN
            INSERT INTO payout.import_statement (import, no, doc) VALUES (p_import, v_statement.no, v_statement.doc);
        END IF;
        -- Ids in the order of the entries: what is written by them goes to the end of each index.
        WITH id AS (SELECT i.id, pg_catalog.row_number() OVER (ORDER BY i.id) AS n FROM log.new_ids(2 * pg_catalog.jsonb_array_length(v_statement.entries)) AS i (id))
        INSERT INTO payout.import_entry (import, entry_id, txn_id, statement, ordinal, minor, fee, reversal, booked_on, value_on, key, servicer_ref, reference, return_reason,
            refs, numbers, detail)
        SELECT p_import, a.id, b.id, v_statement.no, COALESCE(e.ordinal, e.n), e.minor, COALESCE(e.fee, 0), COALESCE(e.reversal, false), e.booked_on, e.value_on, e.key,
               e.servicer_ref, e.reference, e.return_reason, COALESCE(e.refs, CASE WHEN e.reference IS NOT NULL THEN ARRAY[e.reference] END), e.numbers,
               pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('text', e.text, 'details', COALESCE(e.details, '[]')))
        FROM ROWS FROM (pg_catalog.jsonb_to_recordset(v_statement.entries) AS (ordinal integer, key text, minor bigint, fee bigint, reversal boolean, booked_on date,
                value_on date, servicer_ref text, reference text, return_reason text, refs text[], numbers text[], text text, details jsonb)) WITH ORDINALITY
            AS e (ordinal, key, minor, fee, reversal, booked_on, value_on, servicer_ref, reference, return_reason, refs, numbers, text, details, n)
        JOIN id AS a ON a.n = 2 * e.n - 1 JOIN id AS b ON b.n = 2 * e.n;
    END LOOP;
    RETURN log.answer('ok', NULL);
END
$$;
