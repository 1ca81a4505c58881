-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member's own: how many of the own rows were used, in which month (from p_from to p_to; NULL: this month, and the eleven before
--          p_to), for which purpose, by whom, in how many deliveries, when last. Counts of any size are shown, since they are the member's. Newest
--          month first; keyset by p_after, <month>~<contribution>~<organisation>~<purpose>~<meter> of the last item.
-- Outcomes: ok, bad_request.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.list_own_usage(p_actor uuid, p_from date, p_to date, p_limit integer, p_after text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_id CONSTANT text := '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})';
    v_to date := COALESCE(p_to, pg_catalog.date_trunc('month', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date);
    v_from date := COALESCE(p_from, (v_to - interval '11 months')::date);
    v_after text[] := pg_catalog.regexp_match(p_after, '^(20\d\d-(?:0[1-9]|1[0-2]))~' || c_id || '~' || c_id || '~([A-Z.]{1,64})~([a-z]{1,16})$');
BEGIN
    IF p_after IS NOT NULL AND v_after IS NULL THEN
        RETURN log.refusal('bad_request', 'after is not a cursor of this list');
    ELSIF v_from > v_to OR v_from < v_to - interval '35 months' THEN
        RETURN log.refusal('bad_request', 'to is not before from, and at most 35 months behind it');
    END IF;
    RETURN (WITH own AS MATERIALIZED (
            SELECT c.pool_id, c.pool, c.contribution_id, c.contribution_no AS no FROM licensing.contribution_overview AS c WHERE c.member_id = p_actor),
        used AS (
            SELECT c.pool_id, c.pool, c.contribution_id, c.no, pg_catalog.date_trunc('month', u.day::timestamp)::date AS month, g.organisation_id,
                g.organisation_name, g.purpose, u.meter, pg_catalog.sum(u.units)::bigint AS units, pg_catalog.count(DISTINCT u.day) AS days,
                pg_catalog.max(u.day) AS last_day
            FROM own AS c
            JOIN metering.usage_day AS u ON u.pool_id = c.pool_id AND u.contribution_id = c.contribution_id AND u.day >= v_from
                AND u.day < (LEAST(v_to, (v_after[1] || '-01')::date) + interval '1 month')::date
            JOIN licensing.grant_overview AS g ON g.grant_id = u.grant_id GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9),
        page AS (
            SELECT u.*, pg_catalog.row_number() OVER (ORDER BY u.month DESC, u.contribution_id, u.organisation_id, u.purpose COLLATE "C", u.meter COLLATE "C") AS n
            FROM used AS u WHERE v_after IS NULL OR u.month < (v_after[1] || '-01')::date OR u.month = (v_after[1] || '-01')::date
                AND (u.contribution_id, u.organisation_id, u.purpose COLLATE "C", u.meter COLLATE "C")
                    > (v_after[2]::uuid, v_after[3]::uuid, v_after[4] COLLATE "C", v_after[5] COLLATE "C")
            ORDER BY n LIMIT p_limit + 1),
        shown AS (SELECT * FROM page AS p WHERE p.n <= p_limit),
        delivered AS ( -- the batches of the page's months are looked through once, whatever is on the page
            SELECT m.pool_id, m.month, o.no, g.organisation_id, g.purpose, pg_catalog.count(DISTINCT b.delivery_id) AS deliveries,
                pg_catalog.max(b.settled_at) AS last_at
            FROM (SELECT DISTINCT s.pool_id, s.month FROM shown AS s WHERE s.meter = 'rows') AS m
            JOIN metering.batch AS b ON b.pool_id = m.pool_id AND b.day >= m.month AND b.day < (m.month + interval '1 month')::date
            JOIN own AS o ON o.pool_id = b.pool_id AND o.no = ANY (b.contributions)
            JOIN licensing.grant_overview AS g ON g.grant_id = b.grant_id GROUP BY 1, 2, 3, 4, 5)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', s.pool,
            'contribution_id', s.contribution_id, 'month', pg_catalog.to_char(s.month, 'YYYY-MM'), 'purpose', s.purpose,
            'organisation_id', s.organisation_id, 'organisation_name', s.organisation_name, 'meter', s.meter, 'units', s.units, 'days', s.days,
            'last_day', s.last_day, 'deliveries', COALESCE(d.deliveries, 0), 'last_at', log.time_text(d.last_at)) ORDER BY s.n), '[]'),
            'next', CASE WHEN (SELECT pg_catalog.count(*) FROM page) > p_limit THEN (SELECT pg_catalog.concat_ws('~', pg_catalog.to_char(x.month, 'YYYY-MM'),
                x.contribution_id, x.organisation_id, x.purpose, x.meter) FROM shown AS x ORDER BY x.n DESC LIMIT 1) END))
        FROM shown AS s LEFT JOIN delivered AS d ON s.meter = 'rows' AND d.pool_id = s.pool_id AND d.month = s.month AND d.no = s.no
            AND d.organisation_id = s.organisation_id AND d.purpose = s.purpose);
END
$$;
