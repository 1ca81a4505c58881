-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a receipt out of suspense, as a person says: over- and underpayment are that person's choice, but each invoice takes at most what is open, and all of the
--          entry and its fee is used. rest {kind, amount} names what an overpayment becomes: dues, grant, or refundable to the one licensee.
-- Outcomes: postings; NULL when the amounts do not fit.
-- Locks: the invoices, in id order.
CREATE OR REPLACE FUNCTION payout.assign_receipt(p_txn uuid, p_entry payout.bank_entry, p_body jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_fee bigint := COALESCE((p_body->'fee'->>'minor')::bigint, 0);
    v_rest bigint := COALESCE((p_body->'rest'->'amount'->>'minor')::bigint, 0);
    v_parts jsonb;
    v_licensees uuid[];
    v_first uuid;
BEGIN
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('invoice_id', e->>'invoice_id', 'minor', (e->'amount'->>'minor')::bigint)) INTO v_parts
    FROM pg_catalog.jsonb_array_elements(p_body->'invoices') AS e;
    PERFORM FROM payout.invoice AS i WHERE i.id IN (SELECT (p->>'invoice_id')::uuid FROM pg_catalog.jsonb_array_elements(v_parts) AS p) ORDER BY i.id FOR UPDATE;
    SELECT pg_catalog.array_agg(DISTINCT i.licensee) INTO v_licensees
    FROM payout.invoice AS i WHERE i.id IN (SELECT (p->>'invoice_id')::uuid FROM pg_catalog.jsonb_array_elements(v_parts) AS p);
    IF v_parts IS NULL OR v_fee < 0 OR v_rest < 0 OR v_rest > p_entry.minor
        OR (SELECT pg_catalog.sum((p->>'minor')::numeric) FROM pg_catalog.jsonb_array_elements(v_parts) AS p) <> p_entry.minor::numeric + v_fee - v_rest
        OR (SELECT pg_catalog.count(DISTINCT (p->>'invoice_id')::uuid) FROM pg_catalog.jsonb_array_elements(v_parts) AS p) <> pg_catalog.jsonb_array_length(v_parts)
        OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_parts) AS p WHERE (p->>'minor')::bigint < 1
            OR (p->>'minor')::bigint > COALESCE(payout.open_amount((p->>'invoice_id')::uuid), 0))
        OR (p_body->'rest'->>'kind' = 'refundable' AND pg_catalog.cardinality(v_licensees) <> 1) THEN
        RETURN NULL;
    END IF;
    SELECT m.txn_id INTO v_first FROM payout.entry_match AS m WHERE m.entry_id = p_entry.id AND m.step = 1;
    RETURN payout.book_receipt(p_txn, p_entry.id, v_first, v_fee, v_parts)
        || CASE WHEN v_rest = 0 THEN '[]' ELSE pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_build_object('path', 'Liabilities:Suspense:Unmatched', 'minor', v_rest),
            pg_catalog.jsonb_build_object('path', CASE p_body->'rest'->>'kind' WHEN 'dues' THEN 'Income:Dues' WHEN 'grant' THEN 'Income:Grants'
                ELSE 'Liabilities:Refundable:' || v_licensees[1] END, 'minor', -v_rest)) END;
END
$$;
