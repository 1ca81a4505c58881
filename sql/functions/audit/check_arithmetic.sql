-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: R1 for one month: the sums of each invoice issued in it, from its document (audit.check_document compares that with the rows): VAT once for each category and
--          rate on the sum of nets, half up, and spread over the lines by largest remainder, ties to the lower line; a credit note's is at most what is left of the
--          tax it credits, and all of it when the base is used up; slices are their line; nets, VAT and gross add up; no line is credited beyond its amount.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_arithmetic(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH issued AS MATERIALIZED (
        SELECT i.id, i.kind, i.credits, t.txn_no, pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb AS doc
        FROM payout.invoice AS i JOIN payout.evidence AS e ON e.sha256 = i.doc_sha256 LEFT JOIN payout.txn AS t ON t.txn_id = i.txn_id
        WHERE i.no IS NOT NULL AND audit.month_of_day(i.issued_on) = p_month AND pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') = i.doc_sha256),
    line AS MATERIALIZED (
        SELECT i.id, i.kind, i.credits, i.txn_no, (l.v ->> 'line')::integer AS line, (l.v ->> 'net')::numeric AS net, (l.v ->> 'vat')::numeric AS vat, l.v ->> 'vat_category' AS category,
            (l.v ->> 'vat_ppm')::numeric AS ppm, (l.v ->> 'credited_line')::integer AS credited,
            (SELECT COALESCE(pg_catalog.sum((s.v ->> 'net')::numeric), 0) FROM pg_catalog.jsonb_array_elements(l.v -> 'slices') AS s (v)) AS sliced
        FROM issued AS i CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(i.doc -> 'lines') AS l (v)),
    vat AS MATERIALIZED (
        SELECT l.id, l.credits, l.txn_no, l.category, l.ppm, pg_catalog.sum(l.net) AS base, pg_catalog.div(pg_catalog.sum(l.net) * l.ppm * 2 + 1000000, 2000000) AS half_up
        FROM line AS l GROUP BY l.id, l.credits, l.txn_no, l.category, l.ppm),
    taxed AS MATERIALIZED (
        SELECT v.id, v.category, v.ppm, v.base, v.half_up AS tax FROM vat AS v WHERE v.credits IS NULL
        UNION ALL
        SELECT v.id, v.category, v.ppm, v.base, CASE WHEN v.base = x.base THEN x.tax ELSE LEAST(x.tax, v.half_up) END
        FROM (SELECT c.* FROM vat AS c WHERE c.credits IS NOT NULL OFFSET 0) AS v LEFT JOIN LATERAL audit.vat_left(v.credits, v.txn_no, v.category, v.ppm) AS x ON true),
    spread AS (
        SELECT l.id, l.line, pg_catalog.div(t.tax * l.net, t.base) + (pg_catalog.row_number() OVER w <= t.tax - pg_catalog.sum(pg_catalog.div(t.tax * l.net, t.base)) OVER
            (PARTITION BY l.id, l.category, l.ppm))::integer AS vat
        FROM line AS l JOIN taxed AS t ON t.id = l.id AND t.category = l.category AND t.ppm = l.ppm AND t.base > 0
        WINDOW w AS (PARTITION BY l.id, l.category, l.ppm ORDER BY pg_catalog.mod(t.tax * l.net, t.base) DESC, l.line)),
    told AS (
        SELECT i.id, g.v ->> 'vat_category' AS category, (g.v ->> 'vat_ppm')::numeric AS ppm, (g.v ->> 'base')::numeric AS base, (g.v ->> 'tax')::numeric AS tax
        FROM issued AS i CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(i.doc -> 'vat_groups') AS g (v)),
    figure AS (
        SELECT COALESCE(t.id, d.id) AS id, 'computed VAT ' || COALESCE(t.category, d.category) || ' ' || COALESCE(t.ppm, d.ppm) || x.name AS aspect, x.due, x.found
        FROM taxed AS t FULL JOIN told AS d ON d.id = t.id AND d.category = t.category AND d.ppm = t.ppm CROSS JOIN LATERAL (VALUES (' base', t.base, d.base), (' tax', t.tax, d.tax)) AS x (name, due, found)
        UNION ALL
        SELECT l.id, 'computed line ' || l.line || ' vat', COALESCE(s.vat, 0), l.vat FROM line AS l LEFT JOIN spread AS s ON s.id = l.id AND s.line = l.line
        UNION ALL
        SELECT l.id, 'computed line ' || l.line || ' slices', l.net, l.sliced FROM line AS l WHERE l.kind = 'INV'
        UNION ALL
        SELECT l.id, 'computed line ' || l.line || ' credited', LEAST(l.net, audit.net_left(l.credits, l.txn_no, l.credited)), l.net FROM line AS l WHERE l.credits IS NOT NULL
        UNION ALL
        SELECT i.id, 'computed ' || x.name, x.due, (i.doc -> x.name ->> 'minor')::numeric
        FROM issued AS i JOIN (SELECT l.id, pg_catalog.sum(l.net) AS net FROM line AS l GROUP BY l.id) AS n ON n.id = i.id JOIN (SELECT t.id, pg_catalog.sum(t.tax) AS vat FROM taxed AS t GROUP BY t.id) AS v ON v.id = i.id
        CROSS JOIN LATERAL (VALUES ('net', n.net), ('vat', v.vat), ('gross', n.net + v.vat)) AS x (name, due))
    SELECT 'invoice', f.id::text, f.aspect, COALESCE(f.due::text, 'none'), COALESCE(f.found::text, 'none'), 'the invoice does not add up: compute its lines and their VAT again'
    FROM figure AS f WHERE f.due IS DISTINCT FROM f.found;
$$;
