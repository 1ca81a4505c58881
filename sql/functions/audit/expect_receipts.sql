-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what receipts booked in a month must have moved (payout: events 2 and 19): the entry, out of the bank or out of suspense; the fee; the receivable of
--          each invoice's licensee; each pool from invoiced to received; and what was paid beyond the invoices: of an entry that no person assigned it is in
--          suspense, else on the one account the person named.
-- Outcomes: rows; several of one account add up.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.expect_receipts(p_month date)
RETURNS TABLE (object_type text, object_id text, txn_id uuid, path text, minor numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH receipt AS MATERIALIZED (
        SELECT r.*, n.minor AS came, m.step, b.name AS bank
        FROM payout.txn AS t JOIN payout.receipt AS r ON r.txn_id = t.txn_id LEFT JOIN payout.bank_entry AS n ON n.id = r.entry_id
        LEFT JOIN payout.bank_statement AS s ON s.id = n.statement_id LEFT JOIN payout.bank_account AS b ON b.id = s.bank_account_id
        LEFT JOIN payout.entry_match AS m ON m.txn_id = r.txn_id AND m.entry_id = r.entry_id
        WHERE t.month = p_month),
    part AS MATERIALIZED (
        SELECT r.txn_id, s.line, s.pool, s.minor, i.licensee FROM receipt AS r JOIN payout.receipt_slice AS s ON s.txn_id = r.txn_id LEFT JOIN payout.invoice AS i ON i.id = s.invoice_id),
    beyond AS (
        SELECT r.txn_id, r.came + r.fee - COALESCE(r.paid, 0) AS minor, CASE WHEN r.step = 1 OR r.came + r.fee = r.paid THEN 'Liabilities:Suspense:Unmatched'
            ELSE COALESCE((SELECT pg_catalog.min(a.path) FROM payout.posting AS q JOIN payout.account AS a ON a.owner_id = q.owner_id AND a.account_id = q.account_id
                WHERE q.txn_id = r.txn_id AND (a.path IN ('Income:Dues', 'Income:Grants') OR a.path IN (SELECT 'Liabilities:Refundable:' || p.licensee FROM part AS p WHERE p.txn_id = r.txn_id))),
                'Liabilities:Suspense:Unmatched') END AS path
        FROM (SELECT x.*, y.paid FROM receipt AS x LEFT JOIN (SELECT p.txn_id, pg_catalog.sum(p.minor) AS paid FROM part AS p GROUP BY p.txn_id) AS y ON y.txn_id = x.txn_id) AS r)
    SELECT 'receipt', r.txn_id::text, r.txn_id, x.path, x.minor
    FROM receipt AS r CROSS JOIN LATERAL (VALUES
        (CASE r.step WHEN 1 THEN 'Assets:Bank:' || COALESCE(r.bank, audit.bank_of(r.txn_id)) ELSE 'Liabilities:Suspense:Unmatched' END, r.came::numeric), ('Expenses:Fees:Rail', r.fee)) AS x (path, minor)
    UNION ALL
    SELECT 'receipt', p.txn_id::text, p.txn_id, x.path, x.minor
    FROM part AS p CROSS JOIN LATERAL (VALUES ('Assets:Receivable:' || COALESCE(p.licensee::text, '?'), -p.minor::numeric), ('Liabilities:Pool:' || p.pool || ':Invoiced', p.minor),
        ('Liabilities:Pool:' || p.pool || ':Received', -p.minor)) AS x (path, minor)
    WHERE x.path IS NOT NULL
    UNION ALL
    SELECT 'receipt', b.txn_id::text, b.txn_id, b.path, -b.minor FROM beyond AS b;
$$;
