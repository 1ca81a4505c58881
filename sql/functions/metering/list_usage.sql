-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer's table: per month (from p_from to p_to; NULL: this month, and the two before p_to), pool, grant and meter what the rollup
--          says, late units among them, what is sealed, by how much the two differ (0 is right; NULL: not sealed yet), and what is in
--          quarantine for the month. With it the seals of these months. Keyset by p_after, <month>~<pool>~<grant>~<meter> of the last item.
-- Outcomes: ok, forbidden, bad_request.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.list_usage(p_actor uuid, p_pool text, p_from date, p_to date, p_limit integer, p_after text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_to date := COALESCE(p_to, pg_catalog.date_trunc('month', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date);
    v_from date := COALESCE(p_from, (v_to - interval '2 months')::date);
    v_after text[] := pg_catalog.regexp_match(p_after,
        '^(20\d\d-(?:0[1-9]|1[0-2]))~([a-z0-9-]{1,40})~([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})~([a-z]{1,16})$');
    v_pool uuid := metering.find_pool(p_pool);
    v_last date := LEAST(v_to, (v_after[1] || '-01')::date);
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer sees the usage of all');
    ELSIF p_after IS NOT NULL AND v_after IS NULL THEN
        RETURN log.refusal('bad_request', 'after is not a cursor of this list');
    ELSIF v_from > v_to OR v_from < v_to - interval '12 months' THEN
        RETURN log.refusal('bad_request', 'to is not before from, and at most 12 months behind it');
    END IF;
    RETURN (WITH rolled AS (
            SELECT u.pool_id, pg_catalog.date_trunc('month', u.day::timestamp)::date AS month, u.grant_id, u.meter, pg_catalog.sum(u.units)::bigint AS units,
                COALESCE(pg_catalog.sum(u.units) FILTER (WHERE u.late IS NOT NULL), 0)::bigint AS late
            FROM metering.usage_day AS u
            WHERE u.day >= v_from AND u.day < (v_last + interval '1 month')::date AND (p_pool IS NULL OR u.pool_id = v_pool)
            GROUP BY 1, 2, 3, 4),
        kept AS (
            SELECT s.pool_id, s.month, s.grant_id, s.meter, pg_catalog.sum(s.units)::bigint AS sealed FROM metering.sealed_usage AS s
            WHERE s.month BETWEEN v_from AND v_last AND (p_pool IS NULL OR s.pool_id = v_pool) GROUP BY 1, 2, 3, 4),
        page AS (
            SELECT g.pool, g.organisation_name, pool_id, month, grant_id, meter, COALESCE(r.units, 0) AS units, COALESCE(r.late, 0) AS late,
                CASE WHEN l.lines IS NOT NULL THEN COALESCE(k.sealed, 0) END AS sealed,
                pg_catalog.row_number() OVER (ORDER BY month DESC, g.pool COLLATE "C", grant_id, meter COLLATE "C") AS n
            FROM rolled AS r FULL JOIN kept AS k USING (pool_id, month, grant_id, meter)
            LEFT JOIN metering.seal AS l USING (pool_id, month)
            JOIN licensing.grant_overview AS g USING (pool_id, grant_id)
            WHERE v_after IS NULL OR month < (v_after[1] || '-01')::date OR month = (v_after[1] || '-01')::date
                AND (g.pool COLLATE "C", grant_id, meter COLLATE "C") > (v_after[2] COLLATE "C", v_after[3]::uuid, v_after[4] COLLATE "C")
            ORDER BY n LIMIT p_limit + 1),
        shown AS (SELECT * FROM page AS p WHERE p.n <= p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', s.pool, 'grant_id', s.grant_id, 'organisation_name', s.organisation_name,
                'month', pg_catalog.to_char(s.month, 'YYYY-MM'), 'meter', s.meter, 'units', s.units, 'late', s.late, 'sealed', s.sealed,
                'difference', s.sealed - s.units, 'quarantined', (SELECT COALESCE(pg_catalog.sum(q.units), 0)::bigint FROM metering.quarantine AS q
                    WHERE q.grant_id = s.grant_id AND q.meter = s.meter AND q.occurred_at >= s.month::timestamp AT TIME ZONE 'UTC'
                        AND q.occurred_at < (s.month + interval '1 month') AT TIME ZONE 'UTC')) ORDER BY s.n), '[]'),
            'seals', (SELECT COALESCE(pg_catalog.jsonb_agg(metering.seal_body(y.x) ORDER BY (y.x).month DESC, (y.x).pool), '[]') FROM (
                SELECT x FROM metering.seal AS x WHERE (p_pool IS NULL OR x.pool = p_pool) AND x.month BETWEEN v_from AND v_to
                ORDER BY x.month DESC, x.pool LIMIT 1000) AS y),
            'next', CASE WHEN (SELECT pg_catalog.count(*) FROM page) > p_limit THEN (SELECT pg_catalog.concat_ws('~', pg_catalog.to_char(x.month, 'YYYY-MM'), x.pool,
                x.grant_id, x.meter) FROM shown AS x ORDER BY x.n DESC LIMIT 1) END)) FROM shown AS s);
END
$$;
