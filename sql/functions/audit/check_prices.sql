-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: R1 for the ratings of one month: what was rated is what was sealed; the plan is the price of the grant; the plan applied again to that usage gives the lines of the
--          invoice and the total, and nothing was left unbilled. Of sealed months that were rated, each grant with usage and a price has a rating.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_prices(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH rated AS MATERIALIZED (
        SELECT r.pool_id, r.month, r.grant_id, r.pool_id || ' ' || pg_catalog.to_char(r.month, 'YYYY-MM') || ' ' || r.grant_id AS name, r.total_minor, r.invoice_id, r.usage_sha256,
            pg_catalog.convert_from(p.bytes, 'UTF8')::jsonb AS plan, pg_catalog.convert_from(u.bytes, 'UTF8')::jsonb AS usage
        FROM payout.rating AS r JOIN payout.evidence AS p ON p.sha256 = r.plan_sha256 JOIN payout.evidence AS u ON u.sha256 = r.usage_sha256
        WHERE audit.month_of(r.rated_at) = p_month AND pg_catalog.encode(pg_catalog.sha256(p.bytes), 'hex') = r.plan_sha256 AND pg_catalog.encode(pg_catalog.sha256(u.bytes), 'hex') = r.usage_sha256),
    priced AS MATERIALIZED (SELECT r.name, r.invoice_id, r.usage_sha256, l.* FROM rated AS r CROSS JOIN LATERAL audit.price_usage(r.plan, r.usage) AS l),
    billed AS MATERIALIZED (
        SELECT r.name, l.charge, l.class, l.units::numeric AS units, l.net::numeric AS minor, l.usage_sha256, i.grant_id, i.service_month
        FROM rated AS r JOIN payout.invoice AS i ON i.id = r.invoice_id JOIN payout.invoice_line AS l ON l.invoice_id = i.id),
    figure AS (
        SELECT r.name, 'units of meter ' || COALESCE(s.meter, m.key) AS aspect, COALESCE(s.units, 0)::text AS due, COALESCE(m.value ->> 'units', '0') AS found, 'other usage was rated than was sealed' AS about
        FROM rated AS r CROSS JOIN LATERAL (SELECT COALESCE(x.meter, y.key) AS meter, x.units, y.key, y.value FROM audit.sealed_units(r.pool_id, r.month, r.grant_id) AS x
            FULL JOIN pg_catalog.jsonb_each(r.usage -> 'meters') AS y ON y.key = x.meter) AS s CROSS JOIN LATERAL (SELECT s.meter AS key, s.value) AS m
        UNION ALL
        SELECT r.name, 'plan ' || x.name, x.due, x.found, 'the plan is not the price that the grant was given on'
        FROM rated AS r JOIN licensing.data_grant AS g ON g.id = r.grant_id CROSS JOIN LATERAL (VALUES
            ('tier', g.tier, r.plan ->> 'plan'), ('version', g.terms_version::text, r.plan ->> 'version'), ('period', pg_catalog.to_char(r.month, 'YYYY-MM'), r.usage ->> 'period'),
            ('charges', '2', pg_catalog.jsonb_array_length(r.plan -> 'charges')::text), ('round', 'half_up', COALESCE(r.plan ->> 'round', 'half_up')), ('minimum', '0', COALESCE(r.plan ->> 'minimum', '0')),
            ('base', COALESCE(g.price -> 'base' ->> 'minor', '0'), r.plan -> 'charges' -> 0 ->> 'amount'), ('free', COALESCE(g.price ->> 'free_rows', '0'), r.plan -> 'charges' -> 1 ->> 'free'),
            ('unit', (COALESCE(g.price -> 'unit' ->> 'minor', '0')::numeric * 1000000)::text, r.plan -> 'charges' -> 1 ->> 'unit_micro'), ('per', g.price ->> 'unit_rows', r.plan -> 'charges' -> 1 ->> 'per'),
            ('discount', '0', COALESCE(r.plan -> 'discounts' ->> (r.usage ->> 'tier'), '0')), ('cap', g.price -> 'cap' ->> 'minor', r.plan ->> 'cap')) AS x (name, due, found)
        UNION ALL
        SELECT COALESCE(p.name, b.name), 'line ' || COALESCE(p.charge, b.charge, '?') || ' ' || COALESCE(p.class, b.class, '?') || x.name, x.due, x.found, 'the invoice''s line is not the plan applied to the usage'
        FROM (SELECT * FROM priced AS p WHERE p.invoice_id IS NOT NULL) AS p FULL JOIN billed AS b ON b.name = p.name AND b.charge = p.charge AND b.class = p.class
        CROSS JOIN LATERAL (VALUES (' units', p.units::text, b.units::text), (' net', p.minor::text, b.minor::text), (' usage', p.usage_sha256, b.usage_sha256)) AS x (name, due, found)
        UNION ALL
        SELECT r.name, 'total', COALESCE((SELECT pg_catalog.sum(p.minor) FROM priced AS p WHERE p.name = r.name), 0)::text, r.total_minor::text, 'the plan applied to the usage comes to another sum' FROM rated AS r
        UNION ALL
        SELECT DISTINCT b.name, 'invoice of', r.grant_id || ' ' || r.month, pg_catalog.concat_ws(' ', b.grant_id, b.service_month), 'the invoice is of another grant or month than was rated'
        FROM rated AS r JOIN billed AS b ON b.name = r.name
        UNION ALL
        SELECT r.name, 'invoice', 'an invoice', CASE WHEN EXISTS (SELECT FROM payout.invoice AS i WHERE i.id = r.invoice_id) THEN 'an invoice' ELSE 'none' END, 'what was rated was never invoiced, or the invoice was deleted'
        FROM rated AS r WHERE r.total_minor > 0)
    SELECT 'rating', f.name, f.aspect, COALESCE(f.due, 'none'), COALESCE(f.found, 'none'), f.about FROM figure AS f WHERE f.due IS DISTINCT FROM f.found
    UNION ALL
    SELECT DISTINCT 'rating', s.pool_id || ' ' || pg_catalog.to_char(s.month, 'YYYY-MM') || ' ' || u.grant_id, 'rating', 'a rating', 'none', 'sealed usage of a grant that has a price was never rated'
    FROM payout.rated_seal AS s JOIN metering.sealed_usage AS u ON u.pool_id = s.pool_id AND u.month = s.month JOIN licensing.data_grant AS g ON g.id = u.grant_id
    WHERE audit.month_of(s.rated_at) = p_month AND pg_catalog.jsonb_typeof(g.price) = 'object' AND g.from_at < (s.month + '1 month'::interval) AT TIME ZONE 'UTC' AND g.until_at > s.month::timestamp AT TIME ZONE 'UTC'
        AND NOT EXISTS (SELECT FROM payout.rating AS r WHERE r.pool_id = s.pool_id AND r.month = s.month AND r.grant_id = u.grant_id);
$$;
