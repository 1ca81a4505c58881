-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: records the receipts of a staged and matched file: each pays all that is open of its invoices, so no part is to be spread.
-- Outcomes: none.
-- Locks: the invoices are locked by payout.match_receipts.
CREATE OR REPLACE FUNCTION payout.book_receipts(p_import uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.receipt (txn_id, entry_id, first_txn_id, received_at, gross, fee)
    SELECT t.txn_id, t.entry_id, COALESCE(t.first_txn, t.txn_id),
        CASE WHEN t.first_txn IS NULL THEN pg_catalog.clock_timestamp() ELSE (SELECT f.recorded_at FROM payout.txn AS f WHERE f.txn_id = t.first_txn) END, t.minor + t.fee, t.fee
    FROM payout.import_txn AS t WHERE t.import = p_import AND t.kind = 'receipt' ORDER BY t.n;
    INSERT INTO payout.receipt_slice (txn_id, invoice_id, line, pool_id, service_month, pool, minor)
    SELECT t.txn_id, s.invoice_id, s.line, s.pool_id, s.service_month, s.pool, s.open
    FROM payout.import_txn AS t JOIN payout.import_invoice AS i ON i.import = p_import AND i.entry_id = t.entry_id
    JOIN payout.import_slice AS s ON s.import = p_import AND s.invoice_id = i.invoice_id
    WHERE t.import = p_import ORDER BY t.n, s.invoice_id, s.line, s.pool_id, s.service_month;
    UPDATE payout.invoice AS i SET state = 'paid' FROM payout.import_invoice AS p WHERE p.import = p_import AND i.id = p.invoice_id;
$$;
