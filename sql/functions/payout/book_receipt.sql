-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: records how a receipt out of suspense pays invoices (event 19, matched) and gives the postings of it. p_first: the transaction that first booked the bank entry.
--          p_parts: [{invoice_id, minor}], each within what is open. The transaction p_txn is posted by the caller.
-- Outcomes: postings.
-- Locks: none; the caller holds the invoices.
CREATE OR REPLACE FUNCTION payout.book_receipt(p_txn uuid, p_entry uuid, p_first uuid, p_fee bigint, p_parts jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_gross bigint := (SELECT pg_catalog.sum((p->>'minor')::bigint) FROM pg_catalog.jsonb_array_elements(p_parts) AS p);
BEGIN
    INSERT INTO payout.receipt (txn_id, entry_id, first_txn_id, received_at, gross, fee)
    SELECT p_txn, p_entry, p_first, t.recorded_at, v_gross, p_fee FROM payout.txn AS t WHERE t.txn_id = p_first;
    INSERT INTO payout.receipt_slice (txn_id, invoice_id, line, pool_id, service_month, pool, minor)
    SELECT p_txn, (p->>'invoice_id')::uuid, s.line, s.pool_id, s.service_month, s.pool, s.minor
    FROM pg_catalog.jsonb_array_elements(p_parts) AS p, LATERAL payout.spread_receipt((p->>'invoice_id')::uuid, (p->>'minor')::bigint) AS s;
    UPDATE payout.invoice AS i SET state = CASE WHEN payout.open_amount(i.id) = 0 THEN 'paid' ELSE 'part_paid' END
    WHERE i.id IN (SELECT (p->>'invoice_id')::uuid FROM pg_catalog.jsonb_array_elements(p_parts) AS p)
        AND i.state IS DISTINCT FROM CASE WHEN payout.open_amount(i.id) = 0 THEN 'paid' ELSE 'part_paid' END;
    RETURN (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor) ORDER BY x.o, x.path) FROM (
        SELECT 1 AS o, 'Liabilities:Suspense:Unmatched' AS path, v_gross - p_fee AS minor
        UNION ALL SELECT 2, 'Expenses:Fees:Rail', p_fee WHERE p_fee > 0
        UNION ALL SELECT 3, 'Assets:Receivable:' || i.licensee, -pg_catalog.sum((p->>'minor')::bigint)::bigint
            FROM pg_catalog.jsonb_array_elements(p_parts) AS p JOIN payout.invoice AS i ON i.id = (p->>'invoice_id')::uuid GROUP BY i.licensee
        UNION ALL SELECT d.o, 'Liabilities:Pool:' || s.pool || d.side, (d.sign * pg_catalog.sum(s.minor))::bigint
            FROM payout.receipt_slice AS s, (VALUES (4, ':Invoiced', 1), (5, ':Received', -1)) AS d (o, side, sign)
            WHERE s.txn_id = p_txn AND s.line > 0 GROUP BY d.o, s.pool, d.side, d.sign) AS x);
END
$$;
