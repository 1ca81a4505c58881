-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the row of payout.chart that an account path belongs to, with * for its variable component.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.chart_shape(p_path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN a.part[1] = 'Assets' AND a.part[2] = 'Receivable' AND a.part[3] = 'Member' THEN
            'Assets:Receivable:Member:' || CASE WHEN pg_catalog.cardinality(a.part) = 4 THEN '*' ELSE '?' END
        WHEN a.part[1] = 'Liabilities' AND a.part[2] IN ('Member', 'Pool') AND pg_catalog.cardinality(a.part) > 3 THEN
            'Liabilities:' || a.part[2] || ':*:' || pg_catalog.array_to_string(a.part[4:], ':')
        WHEN pg_catalog.cardinality(a.part) = 3
            AND a.part[1] || ':' || a.part[2] IN ('Assets:Bank', 'Assets:Receivable', 'Liabilities:VAT', 'Liabilities:Withholding',
                'Liabilities:Refundable', 'Liabilities:Creditor', 'Liabilities:PayoutInFlight', 'Equity:Fund', 'Equity:Committed') THEN
            a.part[1] || ':' || a.part[2] || ':*'
        ELSE p_path END
    FROM (SELECT pg_catalog.string_to_array(p_path, ':') AS part) AS a;
$$;
