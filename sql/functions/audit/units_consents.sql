-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of LIC-N2: for each pool, every month since it was made.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_consents(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.pool_id || ' ' || m.month::date, m.month::date::text, CASE WHEN p_months IS NULL OR m.month::date = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws('|',
        (SELECT pg_catalog.string_agg(e::text, ',' ORDER BY e.id) FROM licensing.consent_event AS e
         WHERE e.pool_id = p.pool_id AND e.at >= m.month AT TIME ZONE 'UTC' AND e.at < (m.month + interval '1 month') AT TIME ZONE 'UTC'),
        (SELECT pg_catalog.string_agg(c::text, ',' ORDER BY c.purpose, c.recipient_class, c.member_id) FROM licensing.consent_current AS c
         WHERE c.pool_id = p.pool_id AND c.at >= m.month AT TIME ZONE 'UTC' AND c.at < (m.month + interval '1 month') AT TIME ZONE 'UTC'))) END
    FROM licensing.pool AS p
    CROSS JOIN LATERAL pg_catalog.generate_series(audit.month_of(p.created_at)::timestamp, audit.month_of(pg_catalog.now())::timestamp, interval '1 month') AS m (month);
$$;
