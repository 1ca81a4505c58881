-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for each day of p_days, what stands for all consent events up to its end: the digests of the months before (p_months_known, from
--          audit.months_of_consents) and the events of its own month.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.days_of_consents(p_days date[], p_months_known jsonb) RETURNS TABLE (day date, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH wanted AS (SELECT DISTINCT d.day, pg_catalog.date_trunc('month', d.day::timestamp)::date AS month FROM pg_catalog.unnest(p_days) AS d (day)),
    piece AS MATERIALIZED (
        SELECT audit.month_of(e.at) AS month, pg_catalog.timezone('UTC', e.at)::date AS day, audit.digest(pg_catalog.string_agg(e::text, ',' ORDER BY e.id)) AS digest
        FROM (SELECT DISTINCT w.month FROM wanted AS w) AS w JOIN licensing.consent_event AS e ON e.at >= w.month::timestamp AT TIME ZONE 'UTC'
            AND e.at < (w.month + interval '1 month') AT TIME ZONE 'UTC'
        GROUP BY 1, 2)
    SELECT w.day, audit.digest(pg_catalog.concat_ws('|',
        (SELECT pg_catalog.string_agg(k.value, ',' ORDER BY k.key) FROM pg_catalog.jsonb_each_text(p_months_known) AS k WHERE k.key::date < w.month),
        (SELECT pg_catalog.string_agg(p.digest, ',' ORDER BY p.day) FROM piece AS p WHERE p.month = w.month AND p.day <= w.day)))
    FROM wanted AS w;
$$;
