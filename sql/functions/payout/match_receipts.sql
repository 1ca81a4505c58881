-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: which invoices the credits of a staged file pay, by the rules that need no person. Entries that name an invoice of another entry are judged one
--          after the other in the bank's order, all the rest at once: so the result is that of judging each in turn.
-- Outcomes: none.
-- Locks: the invoices named, in id order.
CREATE OR REPLACE FUNCTION payout.match_receipts(p_import uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_entry uuid;
BEGIN
    INSERT INTO payout.import_claim (import, entry_id, rank, invoice_id)
    SELECT DISTINCT p_import, e.entry_id, 1, i.id
    FROM payout.import_entry AS e CROSS JOIN LATERAL pg_catalog.unnest(e.refs) AS r (reference) JOIN payout.invoice AS i ON i.reference = r.reference
    WHERE e.import = p_import AND e.minor > 0 AND NOT e.reversal AND e.return_reason IS NULL AND i.kind = 'INV' AND i.state IN ('issued', 'part_paid')
    UNION ALL
    SELECT DISTINCT p_import, e.entry_id, 2, i.id
    FROM payout.import_entry AS e CROSS JOIN LATERAL pg_catalog.unnest(e.numbers) AS r (number)
    JOIN payout.invoice AS i ON i.series = 'INV-' || pg_catalog.left(r.number, 4) AND i.no = pg_catalog.substr(r.number, 6)::bigint
    WHERE e.import = p_import AND e.minor > 0 AND NOT e.reversal AND e.return_reason IS NULL AND i.state IN ('issued', 'part_paid');
    ANALYZE payout.import_claim;
    PERFORM FROM payout.invoice AS i WHERE i.id IN (SELECT c.invoice_id FROM payout.import_claim AS c WHERE c.import = p_import) ORDER BY i.id FOR UPDATE;
    INSERT INTO payout.import_slice (import, invoice_id, line, pool_id, service_month, pool, licensee, open)
    WITH named AS MATERIALIZED (
        SELECT i.id, i.licensee, i.vat, EXISTS (SELECT FROM payout.receipt_slice AS r WHERE r.invoice_id = i.id) OR EXISTS (SELECT FROM payout.credit_slice AS k WHERE k.invoice_id = i.id)
            AS moved
        FROM (SELECT DISTINCT invoice_id FROM payout.import_claim WHERE import = p_import) AS c JOIN payout.invoice AS i ON i.id = c.invoice_id)
    -- Of an invoice nothing was paid or credited of, all is open.
    SELECT p_import, n.id, s.line, s.pool_id, s.service_month, s.pool, n.licensee, s.net FROM named AS n JOIN payout.revenue_slice AS s ON s.invoice_id = n.id WHERE NOT n.moved AND s.net > 0
    UNION ALL
    SELECT p_import, n.id, 0, NULL, NULL, NULL, n.licensee, n.vat FROM named AS n WHERE NOT n.moved AND n.vat > 0
    UNION ALL
    SELECT p_import, n.id, s.line, s.pool_id, s.service_month, s.pool, n.licensee, s.open FROM named AS n JOIN payout.open_slice AS s ON s.invoice_id = n.id WHERE n.moved AND s.open > 0;
    UPDATE payout.import_claim AS c SET shared = true
    WHERE c.import = p_import AND c.entry_id IN (SELECT o.entry_id FROM payout.import_claim AS o WHERE o.import = p_import AND o.invoice_id IN (
        SELECT d.invoice_id FROM payout.import_claim AS d WHERE d.import = p_import GROUP BY d.invoice_id HAVING pg_catalog.count(DISTINCT d.entry_id) > 1));
    ANALYZE payout.import_slice;
    PERFORM payout.claim_invoices(p_import, NULL);
    FOR v_entry IN SELECT e.entry_id FROM payout.import_entry AS e
        WHERE e.import = p_import AND e.entry_id IN (SELECT c.entry_id FROM payout.import_claim AS c WHERE c.import = p_import AND c.shared) ORDER BY e.statement, e.ordinal LOOP
        PERFORM payout.claim_invoices(p_import, v_entry);
    END LOOP;
    ANALYZE payout.import_invoice, payout.import_match;
END
$$;
