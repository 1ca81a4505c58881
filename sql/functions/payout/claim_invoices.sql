-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives entries the invoices they pay: those named by creditor reference, else those named by number, when what is open of them together is the
--          amount with the fee the bank took, or, since some banks list charges they did not take out, without. p_entry: one of those that share an invoice with another,
--          else NULL: all the others.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.claim_invoices(p_import uuid, p_entry uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    WITH named AS (
        SELECT c.entry_id, c.rank, c.invoice_id, s.open
        FROM payout.import_claim AS c CROSS JOIN LATERAL (SELECT pg_catalog.sum(s.open) AS open FROM payout.import_slice AS s
            WHERE s.import = p_import AND s.invoice_id = c.invoice_id) AS s
        WHERE c.import = p_import AND c.shared = (p_entry IS NOT NULL) AND (p_entry IS NULL OR c.entry_id = p_entry) AND s.open > 0
            AND NOT EXISTS (SELECT FROM payout.import_invoice AS i WHERE i.import = p_import AND i.invoice_id = c.invoice_id)),
    offer AS (
        SELECT n.entry_id, n.rank, f.fee, n.invoices
        FROM (SELECT n.entry_id, n.rank, pg_catalog.sum(n.open) AS open, pg_catalog.count(*) AS invoices FROM named AS n GROUP BY n.entry_id, n.rank) AS n
        JOIN payout.import_entry AS e ON e.import = p_import AND e.entry_id = n.entry_id
        CROSS JOIN LATERAL pg_catalog.unnest(ARRAY[e.fee, 0]) AS f (fee)
        WHERE n.open = e.minor + f.fee),
    best AS (SELECT DISTINCT ON (o.entry_id) o.* FROM offer AS o ORDER BY o.entry_id, o.fee DESC, o.rank),
    paid AS (
        INSERT INTO payout.import_invoice (import, invoice_id, entry_id)
        SELECT p_import, n.invoice_id, n.entry_id FROM named AS n JOIN best AS b ON b.entry_id = n.entry_id AND b.rank = n.rank)
    INSERT INTO payout.import_match (import, entry_id, kind, rule, fee)
    SELECT p_import, b.entry_id, 'receipt', CASE b.rank WHEN 1 THEN 'reference' ELSE 'number' END || CASE WHEN b.invoices > 1 THEN 's' ELSE '' END, b.fee FROM best AS b;
END
$$;
