-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives entries the invoices they pay: those named by creditor reference, else those named by number, when what is open of them together is the
--          amount with the fee the bank took, or, since some banks list charges they did not take out, without. Entries of one call share no invoice.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.claim_invoices(p_import uuid, p_entries uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH offer AS (
        SELECT c.entry_id, c.rank, f.fee, pg_catalog.count(*) AS invoices
        FROM payout.import_claim AS c
        JOIN payout.import_entry AS e ON e.import = p_import AND e.entry_id = c.entry_id
        JOIN payout.import_invoice AS i ON i.import = p_import AND i.invoice_id = c.invoice_id AND i.entry_id IS NULL
        CROSS JOIN LATERAL (SELECT e.fee UNION SELECT 0) AS f (fee)
        WHERE c.import = p_import AND c.entry_id = ANY (p_entries)
        GROUP BY c.entry_id, c.rank, f.fee, e.minor HAVING pg_catalog.sum(i.open) = e.minor + f.fee),
    best AS (SELECT DISTINCT ON (o.entry_id) o.* FROM offer AS o ORDER BY o.entry_id, o.fee DESC, o.rank),
    paid AS (
        UPDATE payout.import_invoice AS i SET entry_id = b.entry_id
        FROM best AS b JOIN payout.import_claim AS c ON c.import = p_import AND c.entry_id = b.entry_id AND c.rank = b.rank
        WHERE i.import = p_import AND i.invoice_id = c.invoice_id AND i.entry_id IS NULL)
    UPDATE payout.import_entry AS e SET kind = 'receipt', fee = b.fee,
        rule = CASE b.rank WHEN 1 THEN 'reference' ELSE 'number' END || CASE WHEN b.invoices > 1 THEN 's' ELSE '' END
    FROM best AS b WHERE e.import = p_import AND e.entry_id = b.entry_id;
$$;
