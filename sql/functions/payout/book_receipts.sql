-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: records the receipts of a staged and matched file: each pays all that is open of its invoices, so no part is to be spread.
-- Outcomes: none.
-- Locks: the invoices are locked by payout.match_receipts.
CREATE OR REPLACE FUNCTION payout.book_receipts(p_import uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.receipt (txn_id, entry_id, first_txn_id, received_at, gross, fee)
    SELECT e.txn_id, e.entry_id, COALESCE(e.first_txn, e.txn_id),
        COALESCE((SELECT t.recorded_at FROM payout.txn AS t WHERE t.txn_id = e.first_txn), pg_catalog.clock_timestamp()), e.minor + e.fee, e.fee
    FROM payout.import_entry AS e WHERE e.import = p_import AND e.kind = 'receipt' ORDER BY e.n;
    INSERT INTO payout.receipt_slice (txn_id, invoice_id, line, pool_id, service_month, pool, minor)
    SELECT e.txn_id, s.invoice_id, s.line, s.pool_id, s.service_month, s.pool, s.open
    FROM payout.import_invoice AS i JOIN payout.import_entry AS e ON e.import = p_import AND e.entry_id = i.entry_id
    JOIN payout.import_slice AS s ON s.import = p_import AND s.invoice_id = i.invoice_id
    WHERE i.import = p_import ORDER BY e.n, s.invoice_id, s.line, s.pool_id, s.service_month;
    UPDATE payout.invoice AS i SET state = 'paid' FROM payout.import_invoice AS p WHERE p.import = p_import AND p.entry_id IS NOT NULL AND i.id = p.invoice_id;
$$;
