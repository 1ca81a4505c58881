-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the members who contributed to a pool up to the month's end, and those an assign step names: recipient members of distribution-inputs/1. Status is the standing when the inputs are frozen.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_recipients(p_pool uuid, p_month date, p_from date, p_rule jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH edge AS (SELECT (p_month + '1 month'::interval) AT TIME ZONE 'UTC' AS at),
    person AS (
        SELECT c.member_id FROM licensing.contribution_overview AS c, edge WHERE c.pool_id = p_pool AND c.from_at < edge.at
        UNION
        SELECT s.member_id FROM governance.member_standing AS s JOIN pg_catalog.jsonb_array_elements(p_rule->'steps') AS e
            ON e->>'kind' = 'assign' AND e->>'recipient' = s.member_id::text),
    used AS (
        SELECT c.member_id, pg_catalog.sum(u.units) FILTER (WHERE u.month = p_month) AS units, pg_catalog.sum(u.units) AS window_units,
               pg_catalog.count(DISTINCT g.organisation_id) FILTER (WHERE u.units > 0) AS licensees
        FROM metering.sealed_usage_overview AS u JOIN licensing.contribution_overview AS c ON c.contribution_id = u.contribution_id
        LEFT JOIN licensing.grant_overview AS g ON g.grant_id = u.grant_id
        WHERE u.pool_id = p_pool AND u.month <= p_month AND u.month >= pg_catalog.date_trunc('month', p_from::timestamp)::date
        GROUP BY c.member_id),
    quality AS (
        SELECT c.member_id, pg_catalog.floor(pg_catalog.avg(COALESCE(c.quality_ppm, 1000000)))::bigint AS ppm
        FROM licensing.contribution_overview AS c WHERE c.pool_id = p_pool GROUP BY c.member_id)
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.member_id, 'units', COALESCE(u.units, 0), 'quality_ppm', COALESCE(q.ppm, 1000000),
        'window_units', COALESCE(u.window_units, 0), 'distinct_licensees', COALESCE(u.licensees, 0),
        'status', CASE WHEN m.standing IN ('active', 'lapsed', 'suspended', 'left', 'expelled', 'deceased') THEN m.standing ELSE 'suspended' END,
        'equal', 1, 'tenure', GREATEST(0, COALESCE(12 * pg_catalog.date_part('year', pg_catalog.age(edge.at, m.since_at))
            + pg_catalog.date_part('month', pg_catalog.age(edge.at, m.since_at)), 0))::bigint) ORDER BY p.member_id), '[]')
    FROM person AS p CROSS JOIN edge LEFT JOIN governance.member_standing AS m ON m.member_id = p.member_id
    LEFT JOIN used AS u ON u.member_id = p.member_id LEFT JOIN quality AS q ON q.member_id = p.member_id;
$$;
