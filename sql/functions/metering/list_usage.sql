-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer's table: per pool, grant, month and meter what the rollup says and what is sealed, and late units among them.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.list_usage(p_actor uuid, p_pool text, p_month text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer sees the usage of all');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('items', (
        SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', g.pool, 'grant_id', x.grant_id, 'organisation_name', g.organisation_name,
            'month', pg_catalog.to_char(x.month, 'YYYY-MM'), 'meter', x.meter, 'units', x.units, 'late', x.late,
            'sealed', (SELECT pg_catalog.sum(s.units)::bigint FROM metering.sealed_usage AS s WHERE s.pool_id = x.pool_id AND s.month = x.month
                       AND s.grant_id = x.grant_id AND s.meter = x.meter)) ORDER BY x.month DESC, g.pool, x.grant_id, x.meter), '[]')
        FROM (SELECT u.pool_id, pg_catalog.date_trunc('month', u.day::timestamp)::date AS month, u.grant_id, u.meter,
                  pg_catalog.sum(u.units)::bigint AS units, COALESCE(pg_catalog.sum(u.units) FILTER (WHERE u.late IS NOT NULL), 0)::bigint AS late
              FROM metering.usage_day AS u GROUP BY 1, 2, 3, 4) AS x
        JOIN licensing.grant_overview AS g ON g.grant_id = x.grant_id
        WHERE (p_pool IS NULL OR g.pool = p_pool) AND (p_month IS NULL OR pg_catalog.to_char(x.month, 'YYYY-MM') = p_month)),
        'seals', (SELECT COALESCE(pg_catalog.jsonb_agg(metering.seal_body(s) ORDER BY s.month DESC, s.pool), '[]') FROM metering.seal AS s
                  WHERE (p_pool IS NULL OR s.pool = p_pool) AND (p_month IS NULL OR pg_catalog.to_char(s.month, 'YYYY-MM') = p_month)),
        'next', NULL));
END
$$;
