-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: R3 for the invoices issued in one month: the state each says is the one that its receipts, credit notes and write-off give; what is open of no slice is
--          below zero; what was credited of paid slices is within what was paid.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_paid(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH invoice AS MATERIALIZED (SELECT i.id, i.state, i.net, i.txn_id FROM payout.invoice AS i WHERE i.kind = 'INV' AND i.no IS NOT NULL AND audit.month_of_day(i.issued_on) = p_month),
    slice AS MATERIALIZED (SELECT i.id, m.line, pg_catalog.min(m.pool) AS pool, m.service_month, pg_catalog.sum(m.minor) AS open
        FROM invoice AS i JOIN audit.moves_of_invoices(p_month) AS m ON m.invoice_id = i.id GROUP BY i.id, m.line, m.pool_id, m.service_month),
    sum AS (
        SELECT i.id, i.state, i.net, EXISTS (SELECT FROM payout.write_off AS w WHERE w.invoice_id = i.id) AS lost,
            COALESCE(c.net, 0) AS credited, COALESCE(o.open, 0) AS open, p.invoice_id IS NOT NULL AS paid
        FROM invoice AS i LEFT JOIN (SELECT n.credits, pg_catalog.sum(n.net) AS net FROM payout.invoice AS n WHERE n.credits IS NOT NULL AND n.no IS NOT NULL GROUP BY n.credits) AS c ON c.credits = i.id
        LEFT JOIN (SELECT s.id, pg_catalog.sum(s.open) AS open FROM slice AS s GROUP BY s.id) AS o ON o.id = i.id
        LEFT JOIN (SELECT DISTINCT s.invoice_id FROM payout.receipt_slice AS s WHERE NOT EXISTS (SELECT FROM payout.receipt_undone AS u WHERE u.txn_id = s.txn_id)) AS p ON p.invoice_id = i.id
        WHERE EXISTS (SELECT FROM payout.txn AS t WHERE t.txn_id = i.txn_id))
    SELECT 'invoice', s.id::text, 'state', x.state, s.state, 'the invoice says another state than its receipts and credit notes give'
    FROM sum AS s CROSS JOIN LATERAL (SELECT CASE WHEN s.lost THEN 'written_off' WHEN s.credited = s.net THEN 'credited' WHEN s.open = 0 THEN 'paid' WHEN s.paid THEN 'part_paid' ELSE 'issued' END AS state) AS x
    WHERE x.state <> s.state
    UNION ALL
    SELECT 'invoice', s.id::text, 'open of line ' || s.line || COALESCE(' pool ' || s.pool || ' month ' || pg_catalog.to_char(s.service_month, 'YYYY-MM'), ''), 'at least 0', s.open::text,
        'more was paid and credited of the invoice than it asked for'
    FROM slice AS s WHERE s.open < 0
    UNION ALL
    SELECT 'invoice', k.invoice_id::text, 'credited of slice ' || k.receipt_slice_id, 'at most ' || COALESCE(pg_catalog.min(s.minor), 0), pg_catalog.sum(k.minor)::text, 'more was credited of a paid slice than was paid'
    FROM invoice AS i JOIN payout.credit_slice AS k ON k.invoice_id = i.id AND k.receipt_slice_id IS NOT NULL LEFT JOIN payout.receipt_slice AS s ON s.id = k.receipt_slice_id
    GROUP BY k.invoice_id, k.receipt_slice_id HAVING pg_catalog.sum(k.minor) > COALESCE(pg_catalog.min(s.minor), 0);
$$;
