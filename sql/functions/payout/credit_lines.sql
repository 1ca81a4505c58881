-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: lines of a credit note with their VAT. p_lines: [{line, net}] within what is left of each line. VAT is computed once for each (category, rate) on the sum of
--          nets, half up, at most what is left of that tax, and all that is left when the base is used up; it is spread over the lines by largest remainder.
-- Outcomes: rows: n numbers the credit note's lines.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.credit_lines(p_invoice uuid, p_lines jsonb)
RETURNS TABLE (n bigint, line integer, net bigint, vat_category text, vat_ppm integer, vat bigint, base bigint, tax bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH wanted AS (
        SELECT l.line, (e->>'net')::bigint AS net, l.vat_category, l.vat_ppm
        FROM pg_catalog.jsonb_array_elements(p_lines) AS e JOIN payout.invoice_line AS l ON l.invoice_id = p_invoice AND l.line = (e->>'line')::integer),
    before AS (
        SELECT g.vat_category, g.vat_ppm, g.base - COALESCE(pg_catalog.sum(c.base), 0) AS base_left, g.tax - COALESCE(pg_catalog.sum(c.tax), 0) AS tax_left
        FROM payout.invoice_vat AS g LEFT JOIN (SELECT v.* FROM payout.invoice AS i JOIN payout.invoice_vat AS v ON v.invoice_id = i.id WHERE i.credits = p_invoice) AS c
            ON c.vat_category = g.vat_category AND c.vat_ppm = g.vat_ppm
        WHERE g.invoice_id = p_invoice GROUP BY g.vat_category, g.vat_ppm, g.base, g.tax),
    vat_group AS (
        SELECT w.vat_category, w.vat_ppm, pg_catalog.sum(w.net)::bigint AS base, pg_catalog.array_agg(w.line ORDER BY w.line) AS lines, pg_catalog.array_agg(w.net ORDER BY w.line) AS nets
        FROM wanted AS w GROUP BY w.vat_category, w.vat_ppm),
    taxed AS (
        SELECT g.*, (CASE WHEN g.base = b.base_left THEN b.tax_left ELSE LEAST(b.tax_left, pg_catalog.div(g.base::numeric * g.vat_ppm * 2 + 1000000, 2000000)) END)::bigint AS tax
        FROM vat_group AS g JOIN before AS b ON b.vat_category = g.vat_category AND b.vat_ppm = g.vat_ppm)
    SELECT pg_catalog.row_number() OVER (ORDER BY s.line), s.line, s.net, t.vat_category, t.vat_ppm, s.vat, t.base, t.tax
    FROM taxed AS t, ROWS FROM (pg_catalog.unnest(t.lines), pg_catalog.unnest(t.nets), pg_catalog.unnest(payout.spread(t.tax, t.nets))) AS s (line, net, vat)
    ORDER BY s.line;
$$;
