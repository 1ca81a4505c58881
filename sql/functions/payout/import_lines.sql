-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the postings of transactions p_from to p_to of a staged and matched file (events 2, 7, 9, 19, 20): n is the place of the transaction, from 1 for
--          p_from, line the order within it.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.import_lines(p_import uuid, p_from integer, p_to integer) RETURNS TABLE (n integer, line integer, path text, minor bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.n - p_from + 1 AS n, 1, CASE WHEN e.first_txn IS NULL THEN 'Assets:Bank:' || a.name WHEN e.minor > 0 THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END, e.minor
    FROM payout.import_entry AS e JOIN payout.import_statement AS s ON s.import = p_import AND s.no = e.statement JOIN payout.bank_account AS a ON a.id = s.bank_account_id
    WHERE e.import = p_import AND e.n BETWEEN p_from AND p_to
    UNION ALL
    SELECT e.n - p_from + 1 AS n, 2, CASE e.kind WHEN 'suspense' THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END, -e.minor
    FROM payout.import_entry AS e WHERE e.import = p_import AND e.n BETWEEN p_from AND p_to AND e.kind IN ('suspense', 'suspense_debit')
    UNION ALL
    SELECT e.n - p_from + 1 AS n, 2, 'Expenses:Fees:Rail', e.fee FROM payout.import_entry AS e WHERE e.import = p_import AND e.n BETWEEN p_from AND p_to AND e.kind = 'receipt' AND e.fee > 0
    UNION ALL
    SELECT e.n - p_from + 1 AS n, 3, 'Assets:Receivable:' || i.licensee, -pg_catalog.sum(p.open)::bigint
    FROM payout.import_invoice AS p JOIN payout.import_entry AS e ON e.import = p_import AND e.n BETWEEN p_from AND p_to AND e.entry_id = p.entry_id JOIN payout.invoice AS i ON i.id = p.invoice_id
    WHERE p.import = p_import GROUP BY e.n, i.licensee
    UNION ALL
    SELECT x.n, d.line, 'Liabilities:Pool:' || x.pool || d.side, d.sign * x.minor
    FROM (SELECT e.n - p_from + 1 AS n, s.pool, pg_catalog.sum(s.minor)::bigint AS minor FROM payout.import_entry AS e JOIN payout.receipt_slice AS s ON s.txn_id = e.txn_id AND s.line > 0
          WHERE e.import = p_import AND e.n BETWEEN p_from AND p_to AND e.kind = 'receipt' GROUP BY e.n, s.pool) AS x
    CROSS JOIN (VALUES (4, ':Invoiced', 1), (5, ':Received', -1)) AS d (line, side, sign)
    UNION ALL
    SELECT e.n - p_from + 1 AS n, 2, 'Liabilities:PayoutInFlight:' || p.batch_id, pg_catalog.sum(p.minor)::bigint
    FROM payout.import_payment AS m JOIN payout.import_entry AS e ON e.import = p_import AND e.n BETWEEN p_from AND p_to AND e.entry_id = m.entry_id JOIN payout.payment AS p ON p.id = m.payment_id
    WHERE m.import = p_import AND e.kind = 'payment' GROUP BY e.n, p.batch_id
    UNION ALL
    SELECT e.n - p_from + 1 AS n, 2, 'Expenses:Fees:Return', (pg_catalog.sum(p.minor) - e.minor)::bigint
    FROM payout.import_payment AS m JOIN payout.import_entry AS e ON e.import = p_import AND e.n BETWEEN p_from AND p_to AND e.entry_id = m.entry_id JOIN payout.payment AS p ON p.id = m.payment_id
    WHERE m.import = p_import AND e.kind = 'return' GROUP BY e.n, e.minor HAVING pg_catalog.sum(p.minor) > e.minor
    UNION ALL
    SELECT e.n - p_from + 1 AS n, 3, payout.payment_end(p, 'Returned'), -pg_catalog.sum(p.minor)::bigint
    FROM payout.import_payment AS m JOIN payout.import_entry AS e ON e.import = p_import AND e.n BETWEEN p_from AND p_to AND e.entry_id = m.entry_id JOIN payout.payment AS p ON p.id = m.payment_id
    WHERE m.import = p_import AND e.kind = 'return' GROUP BY e.n, 3;
$$;
