-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: recipient members of distribution-inputs/1, one text each: who contributed to the pool up to the month's end, and whom an assign step
--          names. Units are those of the member's contributions (each has one contributor); quality is weighed by units; status is the standing
--          at the month's end, or suspended for somebody who had none; tenure is in whole months since joining; equal is 1 for who was admitted,
--          since nobody is admitted twice. Whom only an
--          assign step names weighs nothing.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_recipients(p_pool uuid, p_month date, p_licensee uuid, p_rule jsonb, p_external jsonb) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH edge AS (SELECT LEAST((p_month + '1 month'::interval)::timestamp AT TIME ZONE 'UTC', pg_catalog.now()) AS at),
    own AS (
        SELECT c.member_id, COALESCE(pg_catalog.sum(u.units), 0) AS units, COALESCE(pg_catalog.sum(u.window_units), 0) AS window_units,
            pg_catalog.sum(u.units * COALESCE(c.quality_ppm, 1000000)) AS weighed, pg_catalog.floor(pg_catalog.avg(COALESCE(c.quality_ppm, 1000000))) AS mean
        FROM edge JOIN licensing.contribution_overview AS c ON c.pool_id = p_pool AND c.from_at < edge.at AND c.rows IS NOT NULL
        LEFT JOIN payout.used_units(p_pool, p_month, p_licensee, p_rule) AS u ON u.contribution_id = c.contribution_id GROUP BY c.member_id),
    served AS (
        SELECT c.member_id, pg_catalog.count(DISTINCT l.organisation_id) AS licensees
        FROM payout.used_units(p_pool, p_month, p_licensee, p_rule) AS u JOIN licensing.contribution_overview AS c ON c.contribution_id = u.contribution_id
        CROSS JOIN LATERAL pg_catalog.unnest(u.licensees) AS l (organisation_id) GROUP BY c.member_id),
    person AS (
        SELECT o.member_id FROM own AS o
        UNION SELECT (e->>'recipient')::uuid FROM pg_catalog.jsonb_array_elements(p_rule->'steps') AS e
        WHERE e->>'kind' = 'assign' AND e->>'recipient' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
    standing AS (
        SELECT DISTINCT ON (s.member_id) s.member_id, s.standing, s.joined_at FROM edge JOIN governance.standing_overview AS s ON s.since_at < edge.at
        ORDER BY s.member_id, s.seq DESC)
    SELECT pg_catalog.concat('{"distinct_licensees":', COALESCE(v.licensees, 0), ',"equal":', (o.member_id IS NOT NULL AND s.joined_at < edge.at IS TRUE)::integer, ',"external":', COALESCE(x.external, 0),
        ',"id":"', p.member_id, '","quality_ppm":', CASE WHEN o.units > 0 THEN pg_catalog.div(o.weighed, o.units) ELSE COALESCE(o.mean, 1000000) END,
        ',"status":"', CASE WHEN s.standing <> 'applied' THEN s.standing ELSE 'suspended' END, '","tenure":', CASE WHEN o.member_id IS NOT NULL THEN COALESCE(t.months, 0) ELSE 0 END,
        ',"units":', COALESCE(o.units, 0), ',"window_units":', COALESCE(o.window_units, 0), '}')
    FROM person AS p CROSS JOIN edge LEFT JOIN own AS o ON o.member_id = p.member_id LEFT JOIN served AS v ON v.member_id = p.member_id
    LEFT JOIN standing AS s ON s.member_id = p.member_id
    CROSS JOIN LATERAL pg_catalog.age(edge.at AT TIME ZONE 'UTC', s.joined_at AT TIME ZONE 'UTC') AS span
    CROSS JOIN LATERAL (SELECT (12 * pg_catalog.date_part('year', span) + pg_catalog.date_part('month', span))::bigint) AS t (months)
    LEFT JOIN pg_catalog.jsonb_to_recordset(p_external->'recipients') AS x (id uuid, external bigint) ON x.id = p.member_id
    ORDER BY p.member_id;
$$;
