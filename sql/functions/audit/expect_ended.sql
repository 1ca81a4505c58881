-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what payments that came back (event 9) or were refused (event 8) in a month must have moved: out of the bank entry, or out of what was in flight; the
--          bank's fee; and each payment's amount onto the account of the member it was for, held, or back where its bill came from.
-- Outcomes: rows; several of one account add up.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.expect_ended(p_month date)
RETURNS TABLE (object_type text, object_id text, txn_id uuid, path text, minor numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH ended AS MATERIALIZED (SELECT t.txn_id, t.kind FROM payout.txn AS t WHERE t.month = p_month AND t.kind IN ('returned', 'rejected')),
    part AS MATERIALIZED (
        SELECT e.txn_id, e.kind, p.batch_id, p.minor, CASE WHEN p.bill_id IS NULL THEN 'Liabilities:Member:' || p.member_id || ':Held:' || pg_catalog.initcap(e.kind)
            ELSE (SELECT b.path FROM payout.bill AS b WHERE b.id = p.bill_id) END AS path
        FROM ended AS e JOIN payout.payment AS p ON p.ended_txn_id = e.txn_id),
    came AS (
        SELECT e.txn_id, n.minor, CASE m.step WHEN 1 THEN 'Assets:Bank:' || COALESCE(b.name, audit.bank_of(e.txn_id)) ELSE 'Liabilities:Suspense:Unmatched' END AS path
        FROM ended AS e JOIN payout.entry_match AS m ON m.txn_id = e.txn_id AND m.kind = 'return' JOIN payout.bank_entry AS n ON n.id = m.entry_id
        LEFT JOIN payout.bank_statement AS s ON s.id = n.statement_id LEFT JOIN payout.bank_account AS b ON b.id = s.bank_account_id WHERE e.kind = 'returned')
    SELECT 'txn', x.txn_id::text, x.txn_id, x.path, x.minor
    FROM (SELECT p.txn_id, p.path, -p.minor::numeric AS minor FROM part AS p
          UNION ALL SELECT p.txn_id, 'Liabilities:PayoutInFlight:' || p.batch_id, p.minor FROM part AS p WHERE p.kind = 'rejected'
          UNION ALL SELECT c.txn_id, c.path, c.minor FROM came AS c
          UNION ALL SELECT c.txn_id, 'Expenses:Fees:Return', -c.minor FROM came AS c
          UNION ALL SELECT p.txn_id, 'Expenses:Fees:Return', p.minor FROM part AS p WHERE p.kind = 'returned') AS x;
$$;
