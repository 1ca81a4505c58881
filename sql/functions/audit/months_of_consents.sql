-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a digest of each month's consent events; those of months that are not among p_months are taken from p_known {month: digest}.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.months_of_consents(p_months date[], p_known jsonb) RETURNS TABLE (month date, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.month::date, COALESCE(CASE WHEN NOT m.month::date = ANY (p_months) THEN p_known ->> m.month::date::text END,
        audit.digest((SELECT pg_catalog.string_agg(e::text, ',' ORDER BY e.id) FROM licensing.consent_event AS e
                      WHERE e.at >= m.month AT TIME ZONE 'UTC' AND e.at < (m.month + interval '1 month') AT TIME ZONE 'UTC')))
    FROM (SELECT pg_catalog.min(p.created_at) AS first FROM licensing.pool AS p) AS f
    CROSS JOIN LATERAL pg_catalog.generate_series(audit.month_of(f.first)::timestamp, audit.month_of(pg_catalog.now())::timestamp, interval '1 month') AS m (month);
$$;
