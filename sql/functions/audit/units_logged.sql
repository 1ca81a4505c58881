-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of T2: months in which something was made that is, or must be, in the log.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_logged(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'logged ' || l.month, l.month::text, CASE WHEN p_months IS NULL OR l.month = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws(',', pg_catalog.count(*),
        pg_catalog.sum(h.first), pg_catalog.sum(h.second))) END
    FROM audit.logged() AS l CROSS JOIN LATERAL (SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 0), 0), pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 1), 1)) AS h (first, second)
    WHERE l.type <> 'audit_report'
    GROUP BY l.month;
$$;
