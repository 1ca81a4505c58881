-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A4: each run, and the receipts booked in a month. A digest holds the run, those it carries to and was carried from, its inputs, and the
--          slices and fees it took, with what their receipts and credit notes say; of receipts, their slices and postings.
-- Outcomes: none; p_runs as audit.marked_runs takes it; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_pots(p_months date[], p_runs jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.id::text, r.service_month::text, CASE WHEN p_months IS NULL OR r.service_month = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws('|', r::text,
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', o.id, o.carried), ',' ORDER BY o.id) FROM payout.run AS o WHERE o.carried_to = r.id),
        (SELECT pg_catalog.concat_ws(' ', n.pool_id, n.pool, n.licensee, n.state) FROM payout.run AS n WHERE n.id = r.carried_to),
        p_runs ->> r.id::text,
        (SELECT pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', u::text, s::text, i.licensee, (SELECT pg_catalog.string_agg(k.source || k.minor, ',' ORDER BY k.id)
            FROM payout.credit_slice AS k WHERE k.receipt_slice_id = s.id)), 0)::numeric)
         FROM payout.run_receipt AS u LEFT JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id LEFT JOIN payout.invoice AS i ON i.id = s.invoice_id WHERE u.run = r.id),
        (SELECT pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', f::text, c.fee), 0)::numeric)
         FROM payout.run_fee AS f LEFT JOIN payout.receipt AS c ON c.txn_id = f.txn_id WHERE f.run = r.id))) END
    FROM payout.run AS r
    UNION ALL
    SELECT 'receipts ' || COALESCE(b.month::text, 'none'), COALESCE(b.month, date '0001-01-01')::text,
        CASE WHEN p_months IS NULL OR b.month IS NULL OR b.month = ANY (p_months) THEN (
            SELECT audit.digest(pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(x.text, 0)::numeric))) FROM (
                SELECT s::text FROM payout.receipt_slice AS s WHERE s.txn_id = ANY (b.receipts)
                UNION ALL SELECT p::text FROM payout.posting AS p WHERE p.txn_id = ANY (b.receipts)) AS x (text)) END
    FROM (SELECT t.month, pg_catalog.array_agg(c.txn_id) AS receipts FROM payout.receipt AS c LEFT JOIN payout.txn AS t ON t.txn_id = c.txn_id GROUP BY t.month) AS b;
$$;
