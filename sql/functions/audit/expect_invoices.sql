-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what invoices, credit notes and write-offs must have moved (payout: events 1, 10 to 12, 15 lost, 21), for those issued or booked in a month:
--          each with its transaction, account by account. Of a write-off: what was open of each slice when it was booked.
-- Outcomes: rows; several of one account add up.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.expect_invoices(p_month date)
RETURNS TABLE (object_type text, object_id text, txn_id uuid, path text, minor numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH booked AS MATERIALIZED (SELECT t.txn_id FROM payout.txn AS t WHERE t.month = p_month AND t.kind IN ('invoice', 'credit_note', 'write_off')),
    issued AS MATERIALIZED (
        SELECT i.* FROM payout.invoice AS i WHERE i.no IS NOT NULL AND (audit.month_of_day(i.issued_on) = p_month OR i.txn_id IN (SELECT b.txn_id FROM booked AS b))),
    lost AS MATERIALIZED (
        SELECT w.invoice_id, w.txn_id, w.net, w.vat, w.vat_recoverable, i.licensee, i.vat_country, t.txn_no
        FROM payout.write_off AS w JOIN booked AS b ON b.txn_id = w.txn_id JOIN payout.txn AS t ON t.txn_id = w.txn_id JOIN payout.invoice AS i ON i.id = w.invoice_id),
    moved AS MATERIALIZED (SELECT m.* FROM audit.moves_of_invoices(p_month) AS m WHERE m.line > 0 AND m.invoice_id IN (SELECT w.invoice_id FROM lost AS w))
    SELECT 'invoice', i.id::text, i.txn_id, x.path, x.minor
    FROM issued AS i CROSS JOIN LATERAL (
        SELECT 'Assets:Receivable:' || i.licensee AS path, i.gross::numeric AS minor WHERE i.kind = 'INV'
        UNION ALL SELECT 'Liabilities:VAT:' || i.vat_country, CASE i.kind WHEN 'INV' THEN -i.vat ELSE i.vat END
        UNION ALL SELECT 'Liabilities:Pool:' || s.pool || ':Invoiced', -s.net FROM payout.revenue_slice AS s WHERE i.kind = 'INV' AND s.invoice_id = i.id
        UNION ALL SELECT 'Liabilities:Pool:' || k.pool || CASE k.source WHEN 'open' THEN ':Invoiced' WHEN 'received' THEN ':Received' WHEN 'disputed' THEN ':Disputed' ELSE ':Clawback' END, k.minor
            FROM payout.credit_slice AS k WHERE k.credit_id = i.id AND k.line > 0
        UNION ALL SELECT CASE k.source WHEN 'open' THEN 'Assets:Receivable:' ELSE 'Liabilities:Refundable:' END || i.licensee, -k.minor
            FROM payout.credit_slice AS k WHERE k.credit_id = i.id) AS x (path, minor)
    UNION ALL
    SELECT 'write_off', w.invoice_id::text, w.txn_id, x.path, x.minor
    FROM lost AS w CROSS JOIN LATERAL (
        SELECT 'Assets:Receivable:' || w.licensee AS path, -(w.net::numeric + w.vat) AS minor
        UNION ALL SELECT CASE WHEN w.vat_recoverable THEN 'Liabilities:VAT:' || w.vat_country ELSE 'Expenses:BadDebt' END, w.vat
        UNION ALL SELECT 'Liabilities:Pool:' || m.pool || ':Invoiced', m.minor FROM moved AS m WHERE m.invoice_id = w.invoice_id AND m.txn_no < w.txn_no) AS x (path, minor);
$$;
