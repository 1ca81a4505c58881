-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: spreads an amount over what is open of an invoice: slices, and VAT as line 0, by largest remainder (ties: lower line, pool, month).
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.spread_receipt(p_invoice uuid, p_minor bigint)
RETURNS TABLE (line integer, pool_id uuid, service_month date, pool text, minor bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH share AS (
        SELECT 0 AS line, NULL::uuid AS pool_id, NULL::date AS service_month, NULL::text AS pool, i.vat AS owed FROM payout.invoice AS i WHERE i.id = p_invoice
        UNION ALL
        SELECT s.line, s.pool_id, s.service_month, s.pool, s.net FROM payout.revenue_slice AS s WHERE s.invoice_id = p_invoice),
    part AS (
        SELECT h.line, h.pool_id, h.service_month, h.pool, (h.owed - COALESCE((SELECT pg_catalog.sum(r.minor) FROM payout.receipt_slice AS r
            WHERE r.invoice_id = p_invoice AND r.line = h.line AND r.pool_id IS NOT DISTINCT FROM h.pool_id
                AND r.service_month IS NOT DISTINCT FROM h.service_month), 0))::numeric AS open FROM share AS h),
    quota AS (
        SELECT p.*, pg_catalog.div(p_minor * p.open, t.total) AS q, pg_catalog.mod(p_minor * p.open, t.total) AS r
        FROM part AS p, (SELECT pg_catalog.sum(open) AS total FROM part) AS t WHERE p.open > 0),
    ranked AS (
        SELECT q.*, pg_catalog.row_number() OVER (ORDER BY q.r DESC, q.line, q.pool_id, q.service_month) AS rank, p_minor - pg_catalog.sum(q.q) OVER () AS missing
        FROM quota AS q)
    SELECT k.line, k.pool_id, k.service_month, k.pool, (k.q + CASE WHEN k.rank <= k.missing THEN 1 ELSE 0 END)::bigint FROM ranked AS k
    WHERE k.q + CASE WHEN k.rank <= k.missing THEN 1 ELSE 0 END > 0;
$$;
