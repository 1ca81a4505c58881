-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what everybody may know of usage: totals of sealed months (from p_from to p_to; NULL: no bound) of pools, newest month first. Keyset by
--          p_after, <month>~<pool> of the last item.
-- Outcomes: ok, bad_request.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.list_totals(p_pool text, p_from date, p_to date, p_limit integer, p_after text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_after text[] := pg_catalog.regexp_match(p_after, '^(20\d\d-(?:0[1-9]|1[0-2]))~([a-z0-9-]{1,40})$');
BEGIN
    IF p_after IS NOT NULL AND v_after IS NULL THEN
        RETURN log.refusal('bad_request', 'after is not a cursor of this list');
    ELSIF p_from > p_to THEN
        RETURN log.refusal('bad_request', 'to is not before from');
    END IF;
    RETURN (WITH page AS (
            SELECT m.*, pg_catalog.row_number() OVER (ORDER BY m.month DESC, m.pool COLLATE "C") AS n FROM metering.public_month AS m
            WHERE (p_pool IS NULL OR m.pool = p_pool) AND (p_from IS NULL OR m.month >= p_from) AND (p_to IS NULL OR m.month <= p_to)
                AND (v_after IS NULL OR m.month < (v_after[1] || '-01')::date
                    OR m.month = (v_after[1] || '-01')::date AND m.pool COLLATE "C" > v_after[2] COLLATE "C")
            ORDER BY n LIMIT p_limit + 1),
        shown AS (SELECT * FROM page AS p WHERE p.n <= p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', s.pool, 'month', pg_catalog.to_char(s.month, 'YYYY-MM'), 'k', s.k,
                'withheld', s.withheld, 'published_at', log.time_text(s.published_at), 'totals', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('purpose_group', t.purpose_group,
                    'meter', t.meter, 'units', t.units) ORDER BY t.purpose_group, t.meter), '[]') FROM metering.public_total AS t
                    WHERE t.pool_id = s.pool_id AND t.month = s.month)) ORDER BY s.n), '[]'),
            'next', CASE WHEN (SELECT pg_catalog.count(*) FROM page) > p_limit
                THEN (SELECT pg_catalog.concat_ws('~', pg_catalog.to_char(x.month, 'YYYY-MM'), x.pool) FROM shown AS x ORDER BY x.n DESC LIMIT 1) END)) FROM shown AS s);
END
$$;
