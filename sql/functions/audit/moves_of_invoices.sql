-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the life of what is open of the invoices that a month of the books touches (issued in it, paid or written off), slice by slice, VAT as line 0: issued, paid, a
--          receipt taken back, credited while open; each with the number of its transaction. What was open before a number is the sum below it.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.moves_of_invoices(p_month date)
RETURNS TABLE (invoice_id uuid, line integer, pool_id uuid, service_month date, pool text, txn_no bigint, minor numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH invoice AS MATERIALIZED (
        SELECT i.id, i.vat, t.txn_no FROM payout.invoice AS i JOIN payout.txn AS t ON t.txn_id = i.txn_id
        WHERE i.kind = 'INV' AND (audit.month_of_day(i.issued_on) = p_month
            OR i.id IN (SELECT s.invoice_id FROM payout.txn AS r JOIN payout.receipt_slice AS s ON s.txn_id = r.txn_id WHERE r.month = p_month AND r.kind = 'receipt')
            OR i.id IN (SELECT w.invoice_id FROM payout.txn AS r JOIN payout.write_off AS w ON w.txn_id = r.txn_id WHERE r.month = p_month AND r.kind = 'write_off')))
    SELECT i.id, 0, NULL::uuid, NULL::date, NULL::text, i.txn_no, i.vat::numeric FROM invoice AS i
    UNION ALL
    SELECT i.id, s.line, s.pool_id, s.service_month, s.pool, i.txn_no, s.net FROM invoice AS i JOIN payout.revenue_slice AS s ON s.invoice_id = i.id
    UNION ALL
    SELECT i.id, s.line, s.pool_id, s.service_month, s.pool, t.txn_no, -s.minor
    FROM invoice AS i JOIN payout.receipt_slice AS s ON s.invoice_id = i.id JOIN payout.txn AS t ON t.txn_id = s.txn_id
    UNION ALL
    SELECT i.id, s.line, s.pool_id, s.service_month, s.pool, t.txn_no, s.minor
    FROM invoice AS i JOIN payout.receipt_slice AS s ON s.invoice_id = i.id JOIN payout.receipt_undone AS u ON u.txn_id = s.txn_id JOIN payout.txn AS t ON t.txn_id = u.undone_txn_id
    UNION ALL
    SELECT i.id, k.line, k.pool_id, k.service_month, k.pool, t.txn_no, -k.minor
    FROM invoice AS i JOIN payout.credit_slice AS k ON k.invoice_id = i.id AND k.source = 'open' JOIN payout.invoice AS c ON c.id = k.credit_id JOIN payout.txn AS t ON t.txn_id = c.txn_id;
$$;
