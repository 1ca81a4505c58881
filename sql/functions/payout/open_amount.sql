-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is still to be paid of an issued invoice: gross less receipts and what credit notes took of the open part; the sum of payout.open_slice. PL/pgSQL,
--          because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.open_amount(p_invoice uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT CASE WHEN i.state IN ('issued', 'part_paid') AND i.kind = 'INV' THEN i.gross
            - COALESCE((SELECT pg_catalog.sum(r.minor) FROM payout.paid_slice AS r WHERE r.invoice_id = i.id), 0)
            - COALESCE((SELECT pg_catalog.sum(k.minor) FROM payout.credit_slice AS k WHERE k.invoice_id = i.id AND k.source = 'open'), 0) ELSE 0 END
        FROM payout.invoice AS i WHERE i.id = p_invoice);
END
$$;
