-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of T1: 4,096 entries each, those of a size that was signed; their month is that of the last of them.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_entries(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH size AS (SELECT COALESCE(pg_catalog.max(c.size), 0) AS n FROM log.checkpoint AS c),
    piece AS (
        SELECT g.n AS number, audit.month_of((SELECT e.at FROM log.entry AS e WHERE e.index >= g.n * 4096 AND e.index < g.n * 4096 + 4096 ORDER BY e.index DESC LIMIT 1)) AS month,
            LEAST(g.n * 4096 + 4096, s.n) AS upto
        FROM size AS s CROSS JOIN LATERAL pg_catalog.generate_series(0, (GREATEST((SELECT pg_catalog.max(e.index) + 1 FROM log.entry AS e), s.n) - 1) / 4096) AS g (n))
    SELECT 'entries ' || p.number, COALESCE(p.month, date '0001-01-01')::text, CASE WHEN p_months IS NULL OR p.month IS NULL OR p.month = ANY (p_months) THEN (
        SELECT audit.digest(pg_catalog.concat_ws('|', p.upto, pg_catalog.string_agg(pg_catalog.concat_ws(',', e.index, e.type, e.object_id, e.object_sha256, e.prev,
            e.at, pg_catalog.encode(e.leaf_hash, 'hex'), pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex')), ';' ORDER BY e.index)))
        FROM log.entry AS e WHERE e.index >= p.number * 4096 AND e.index < p.number * 4096 + 4096) END
    FROM piece AS p;
$$;
