-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of LIC-N1: for each pool, the months its contributions were last decided or ended in, and its rows as a whole (`strays`).
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_rows(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT c.pool_id || ' ' || c.m, c.m::text, CASE WHEN p_months IS NULL OR c.m = ANY (p_months) THEN audit.digest(pg_catalog.string_agg(pg_catalog.concat_ws(',',
        c.id, c.state, c.rows, c.ended_at, c.ended_at < pg_catalog.now() - interval '72 hours', audit.count_rows(c.pool_id, c.id)), ';' ORDER BY c.id)) END
    FROM (SELECT k.*, audit.month_of(COALESCE(k.ended_at, k.decided_at, k.created_at)) AS m FROM licensing.contribution AS k) AS c
    GROUP BY c.pool_id, c.m;
    RETURN QUERY
    SELECT p.pool_id || ' strays', 'none', audit.digest((SELECT pg_catalog.string_agg(o.id::text, ',' ORDER BY o.id) FROM audit.owners_of_rows(p.pool_id) AS o (id)))
    FROM licensing.pool AS p;
END
$$;
