-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what bank entries that are neither receipts nor returns must have moved, for those booked in a month (payout: events 7, 19, 20, 23, 24): out of the bank, or
--          out of suspense where they were explained later, onto the account of what they were matched to; a payment onto what was in flight of it. A match
--          that was taken back: the exact negative, with suspense in place of the bank, which has not moved. Each entry that a transaction explains counts; its object is the entry, and the step of its
--          history where it is not the first.
-- Outcomes: rows; several of one account add up.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.expect_entries(p_month date)
RETURNS TABLE (object_type text, object_id text, txn_id uuid, path text, minor numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH matched AS MATERIALIZED (
        SELECT m.entry_id, m.step, m.entry_id || CASE WHEN m.step > 1 THEN '/' || m.step ELSE '' END AS name, m.kind, m.txn_id, t.kind AS booked_as, n.minor, b.name AS bank, CASE WHEN n.minor > 0 THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END AS suspense
        FROM payout.txn AS t JOIN payout.entry_match AS m ON m.txn_id = t.txn_id JOIN payout.bank_entry AS n ON n.id = m.entry_id
        LEFT JOIN payout.bank_statement AS s ON s.id = n.statement_id LEFT JOIN payout.bank_account AS b ON b.id = s.bank_account_id
        WHERE t.month = p_month AND t.kind NOT IN ('receipt', 'returned', 'rejected', 'batch_released')),
    undone AS (
        SELECT DISTINCT ON (m.txn_id) m.txn_id, m.name, p.txn_id AS before
        FROM matched AS m JOIN payout.entry_match AS p ON p.entry_id = m.entry_id AND p.step = m.step - 1
        WHERE m.step > 1 AND m.kind IN ('suspense', 'suspense_debit') ORDER BY m.txn_id, m.entry_id)
    SELECT 'bank_entry', m.name, m.txn_id, x.path, x.minor
    FROM matched AS m CROSS JOIN LATERAL (VALUES
        (CASE m.step WHEN 1 THEN 'Assets:Bank:' || COALESCE(m.bank, audit.bank_of(m.txn_id)) ELSE m.suspense END, m.minor::numeric),
        (CASE m.kind WHEN 'suspense' THEN 'Liabilities:Suspense:Unmatched' WHEN 'suspense_debit' THEN 'Assets:Suspense:Debit' WHEN 'dues' THEN 'Income:Dues' WHEN 'grant' THEN 'Income:Grants'
            WHEN 'interest' THEN 'Income:Other' WHEN 'bank_fee' THEN 'Expenses:Fees:Bank' WHEN 'transfer' THEN 'Assets:Transit' END, -m.minor)) AS x (path, minor)
    WHERE x.path IS NOT NULL AND NOT (m.step > 1 AND m.kind IN ('suspense', 'suspense_debit'))
    UNION ALL
    SELECT 'bank_entry', m.name, m.txn_id, 'Liabilities:PayoutInFlight:' || p.batch_id, p.minor
    FROM matched AS m JOIN payout.payment AS p ON p.booked_txn_id = m.txn_id AND p.entry_id = m.entry_id WHERE m.kind = 'payment'
    UNION ALL
    SELECT 'bank_entry', u.name, u.txn_id, CASE WHEN a.path NOT LIKE 'Assets:Bank:%' THEN a.path WHEN p.minor > 0 THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END, -p.minor
    FROM undone AS u JOIN payout.posting AS p ON p.txn_id = u.before JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id;
$$;
