-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: spreads an amount over what is open of an invoice: slices, and VAT as line 0, by largest remainder (ties: lower line, pool, month).
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.spread_receipt(p_invoice uuid, p_minor bigint)
RETURNS TABLE (line integer, pool_id uuid, service_month date, pool text, minor bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS (
        SELECT s.*, pg_catalog.row_number() OVER (ORDER BY s.line, s.pool_id, s.service_month) AS at FROM payout.open_slice AS s
        WHERE s.invoice_id = p_invoice AND s.open > 0),
    share AS (
        SELECT h.minor, h.at FROM pg_catalog.unnest(payout.spread(p_minor, (SELECT pg_catalog.array_agg(p.open ORDER BY p.at) FROM part AS p)))
            WITH ORDINALITY AS h (minor, at))
    SELECT p.line, p.pool_id, p.service_month, p.pool, h.minor FROM part AS p JOIN share AS h ON h.at = p.at WHERE h.minor > 0;
$$;
