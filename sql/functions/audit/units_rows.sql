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
    WITH contribution AS MATERIALIZED (
        SELECT k.id, k.pool_id, k.state, k.rows, k.ended_at, x.m, p_months IS NULL OR x.m = ANY (p_months) AS looked_at
        FROM licensing.contribution AS k CROSS JOIN LATERAL (SELECT audit.month_of(COALESCE(k.ended_at, k.decided_at, k.created_at)) AS m) AS x),
    counted AS MATERIALIZED (
        SELECT r.id, r.rows FROM (SELECT c.pool_id, pg_catalog.array_agg(c.id) AS ids FROM contribution AS c WHERE c.looked_at GROUP BY c.pool_id) AS l
        CROSS JOIN LATERAL audit.count_rows(l.pool_id, l.ids) AS r)
    SELECT c.pool_id || ' ' || c.m, c.m::text, CASE WHEN c.looked_at THEN audit.digest(pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(h.first), pg_catalog.sum(h.second))) END
    FROM contribution AS c LEFT JOIN counted AS n USING (id)
    CROSS JOIN LATERAL (SELECT ROW(c.id, c.state, c.rows, c.ended_at, c.ended_at < pg_catalog.now() - interval '72 hours', COALESCE(n.rows, 0)) AS row) AS x
    CROSS JOIN LATERAL (SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(x.row, 0), 0), pg_catalog.hashint8extended(pg_catalog.hash_record_extended(x.row, 1), 1)) AS h (first, second)
    GROUP BY c.pool_id, c.m, c.looked_at;
    RETURN QUERY
    SELECT p.pool_id || ' strays', 'none', audit.digest((SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.uuid_hash_extended(o.id, 0)),
        pg_catalog.sum(pg_catalog.uuid_hash_extended(o.id, 1))) FROM audit.owners_of_rows(p.pool_id) AS o (id)))
    FROM licensing.pool AS p;
END
$$;
