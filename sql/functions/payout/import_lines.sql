-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the postings of transactions p_from to p_to of a staged and matched file (events 2, 7, 9, 19, 20), as payout.post_many takes them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.import_lines(p_import uuid, p_from integer, p_to integer) RETURNS payout.line_draft[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH txn AS (
        SELECT t.* FROM payout.import_txn AS t WHERE t.import = p_import AND t.n BETWEEN p_from AND p_to),
    paid AS (
        SELECT t.n, s.line, s.pool, s.licensee, s.open
        FROM txn AS t JOIN payout.import_invoice AS i ON i.import = p_import AND i.entry_id = t.entry_id
        JOIN payout.import_slice AS s ON s.import = p_import AND s.invoice_id = i.invoice_id),
    payment AS (
        SELECT t.n, t.kind, t.minor AS got, p.batch_id, p.minor, p.member_id, payout.payment_end(p, 'Returned') AS source
        FROM txn AS t JOIN payout.import_payment AS m ON m.import = p_import AND m.entry_id = t.entry_id JOIN payout.payment AS p ON p.id = m.payment_id
        WHERE t.kind IN ('payment', 'return')),
    line AS (
        SELECT t.n, 1 AS part, NULL::uuid AS member, t.source AS path, t.minor FROM txn AS t
        UNION ALL
        SELECT t.n, 2, NULL, CASE t.kind WHEN 'suspense' THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END, -t.minor
        FROM txn AS t WHERE t.kind IN ('suspense', 'suspense_debit')
        UNION ALL
        SELECT t.n, 2, NULL, 'Expenses:Fees:Rail', t.fee FROM txn AS t WHERE t.kind = 'receipt' AND t.fee > 0
        UNION ALL
        SELECT p.n, 3, NULL, 'Assets:Receivable:' || p.licensee, -pg_catalog.sum(p.open) FROM paid AS p GROUP BY p.n, p.licensee
        UNION ALL
        SELECT p.n, d.part, NULL, 'Liabilities:Pool:' || p.pool || d.side, d.sign * p.open
        FROM (SELECT p.n, p.pool, pg_catalog.sum(p.open) AS open FROM paid AS p WHERE p.line > 0 GROUP BY p.n, p.pool) AS p
        CROSS JOIN (VALUES (4, ':Invoiced', 1), (5, ':Received', -1)) AS d (part, side, sign)
        UNION ALL
        SELECT p.n, 2, NULL, 'Liabilities:PayoutInFlight:' || p.batch_id, pg_catalog.sum(p.minor) FROM payment AS p WHERE p.kind = 'payment' GROUP BY p.n, p.batch_id
        UNION ALL
        SELECT p.n, 2, NULL, 'Expenses:Fees:Return', pg_catalog.sum(p.minor) - p.got FROM payment AS p
        WHERE p.kind = 'return' GROUP BY p.n, p.got HAVING pg_catalog.sum(p.minor) > p.got
        UNION ALL
        SELECT p.n, 3, p.member_id, p.source, -pg_catalog.sum(p.minor) FROM payment AS p WHERE p.kind = 'return' GROUP BY p.n, p.member_id, p.source)
    SELECT pg_catalog.array_agg(ROW(x.n - p_from + 1, x.line, COALESCE(x.member, '00000000-0000-0000-0000-000000000000'), x.path, x.minor)::payout.line_draft ORDER BY x.n, x.line)
    FROM (SELECT l.*, pg_catalog.row_number() OVER (PARTITION BY l.n ORDER BY l.part, l.path) AS line FROM line AS l) AS x;
$$;
