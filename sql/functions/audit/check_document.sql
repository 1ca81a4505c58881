-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: R1 for one month: the rows of each invoice issued in it say, figure by figure, what its document says, whose hash was logged. A document whose bytes
--          are not those of its hash is L8's, and not compared.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_document(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH issued AS MATERIALIZED (
        SELECT i.id, pg_catalog.to_jsonb(i) AS own, pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb AS doc FROM payout.invoice AS i JOIN payout.evidence AS e ON e.sha256 = i.doc_sha256
        WHERE i.no IS NOT NULL AND audit.month_of_day(i.issued_on) = p_month AND pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') = i.doc_sha256),
    said AS (
        SELECT i.id, '' AS part, f.key, CASE WHEN f.key IN ('net', 'vat', 'gross') THEN i.doc -> f.key ->> 'minor' ELSE i.doc ->> f.key END AS value
        FROM issued AS i CROSS JOIN pg_catalog.unnest(audit.invoice_fields()) AS f (key)
        UNION ALL
        SELECT i.id, 'line ' || (l.v ->> 'line') || ' ', f.key, l.v ->> f.key
        FROM issued AS i CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(i.doc -> 'lines') AS l (v) CROSS JOIN pg_catalog.unnest(audit.line_fields()) AS f (key)
        UNION ALL
        SELECT i.id, 'line ' || (l.v ->> 'line') || ' pool ' || (s.v ->> 'pool') || ' month ' || (s.v ->> 'month') || ' ', 'net', s.v ->> 'net'
        FROM issued AS i CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(i.doc -> 'lines') AS l (v) CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(l.v -> 'slices') AS s (v)
        UNION ALL
        SELECT i.id, 'VAT ' || (g.v ->> 'vat_category') || ' ' || (g.v ->> 'vat_ppm') || ' ', f.key, g.v ->> f.key
        FROM issued AS i CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(i.doc -> 'vat_groups') AS g (v) CROSS JOIN (VALUES ('base'), ('tax')) AS f (key)),
    stored AS (
        SELECT i.id, '' AS part, f.key, i.own ->> f.key AS value FROM issued AS i CROSS JOIN pg_catalog.unnest(audit.invoice_fields()) AS f (key)
        UNION ALL
        SELECT i.id, 'line ' || l.line || ' ', f.key, l.own ->> f.key
        FROM issued AS i JOIN LATERAL (SELECT n.line, pg_catalog.to_jsonb(n) AS own FROM payout.invoice_line AS n WHERE n.invoice_id = i.id) AS l ON true CROSS JOIN pg_catalog.unnest(audit.line_fields()) AS f (key)
        UNION ALL
        SELECT i.id, 'line ' || s.line || ' pool ' || s.pool || ' month ' || pg_catalog.to_char(s.service_month, 'YYYY-MM') || ' ', 'net', s.net::text
        FROM issued AS i JOIN payout.revenue_slice AS s ON s.invoice_id = i.id
        UNION ALL
        SELECT i.id, 'VAT ' || v.vat_category || ' ' || v.vat_ppm || ' ', f.key, pg_catalog.to_jsonb(v) ->> f.key
        FROM issued AS i JOIN payout.invoice_vat AS v ON v.invoice_id = i.id CROSS JOIN (VALUES ('base'), ('tax')) AS f (key))
    SELECT 'invoice', COALESCE(d.id, s.id)::text, COALESCE(d.part, s.part) || COALESCE(d.key, s.key), COALESCE(d.value, 'none'), COALESCE(s.value, 'none'),
        'the invoice says another figure than the document that was sent to the licensee and logged: it was changed later'
    FROM said AS d FULL JOIN stored AS s ON s.id = d.id AND s.part = d.part AND s.key = d.key WHERE d.value IS DISTINCT FROM s.value;
$$;
