-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: behind each statement that writes invoices: payout.unpaid holds those that are issued and not paid in full.
-- Outcomes: none.
-- Locks: rows of payout.unpaid; the caller holds their invoices.
CREATE OR REPLACE FUNCTION payout.keep_unpaid() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM payout.unpaid AS u USING after AS a WHERE u.invoice_id = a.id AND a.state NOT IN ('issued', 'part_paid');
    INSERT INTO payout.unpaid (invoice_id, state, licensee, grant_id, gross, due_on)
    SELECT a.id, a.state, a.licensee, a.grant_id, a.gross, a.due_on FROM after AS a WHERE a.kind = 'INV' AND a.state IN ('issued', 'part_paid')
    ON CONFLICT (invoice_id) DO UPDATE SET state = EXCLUDED.state;
    RETURN NULL;
END
$$;
