-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is still to be paid of an issued invoice: gross less what receipts were spread over it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.open_amount(p_invoice uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN i.state IN ('issued', 'part_paid') THEN i.gross - COALESCE((SELECT pg_catalog.sum(r.minor) FROM payout.receipt_slice AS r
        WHERE r.invoice_id = i.id), 0) ELSE 0 END::bigint FROM payout.invoice AS i WHERE i.id = p_invoice;
$$;
