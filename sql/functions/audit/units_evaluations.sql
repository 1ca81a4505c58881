-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of LIC-N9: days with stored evaluations. A digest holds the evaluations, their terms, and all consent events up to the day's end
--          (p_consents: digests by month).
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_evaluations(p_months date[], p_consents jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH day AS MATERIALIZED (
        SELECT d.day, pg_catalog.date_trunc('month', d.day::timestamp)::date AS month FROM (SELECT DISTINCT pg_catalog.timezone('UTC', e.at)::date AS day FROM licensing.evaluation AS e) AS d),
    wanted AS MATERIALIZED (SELECT d.day FROM day AS d WHERE p_months IS NULL OR d.month = ANY (p_months)),
    consents AS MATERIALIZED (SELECT c.day, c.digest FROM audit.days_of_consents((SELECT pg_catalog.array_agg(w.day) FROM wanted AS w), p_consents) AS c)
    SELECT d.day::text, d.month::text, CASE WHEN c.day IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', c.digest,
        (SELECT pg_catalog.string_agg(e::text, ',' ORDER BY e.id) FROM licensing.evaluation AS e
         WHERE e.at >= d.day::timestamp AT TIME ZONE 'UTC' AND e.at < (d.day + interval '1 day') AT TIME ZONE 'UTC'),
        (SELECT pg_catalog.string_agg(t.pool || t.version || audit.digest(t.canonical), ',' ORDER BY t.pool, t.version) FROM governance.terms_version AS t
         WHERE t.from_at < (d.day + interval '1 day') AT TIME ZONE 'UTC'))) END
    FROM day AS d LEFT JOIN consents AS c USING (day);
$$;
