-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the contributions of a pool with their units of the month, quality, and window figures: contribution members of distribution-inputs/1.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_contributions(p_pool uuid, p_month date, p_from date) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH used AS (
        SELECT u.contribution_id, pg_catalog.sum(u.units) FILTER (WHERE u.month = p_month) AS units, pg_catalog.sum(u.units) AS window_units,
               pg_catalog.count(DISTINCT g.organisation_id) FILTER (WHERE u.units > 0) AS licensees
        FROM metering.sealed_usage_overview AS u LEFT JOIN licensing.grant_overview AS g ON g.grant_id = u.grant_id
        WHERE u.pool_id = p_pool AND u.contribution_id IS NOT NULL AND u.month <= p_month AND u.month >= pg_catalog.date_trunc('month', p_from::timestamp)::date
        GROUP BY u.contribution_id)
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', c.contribution_id, 'units', COALESCE(u.units, 0),
        'quality_ppm', COALESCE(c.quality_ppm, 1000000), 'window_units', COALESCE(u.window_units, 0), 'distinct_licensees', COALESCE(u.licensees, 0),
        'contributors', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('recipient', c.member_id, 'share', 1))) ORDER BY c.contribution_id), '[]')
    FROM licensing.contribution_overview AS c LEFT JOIN used AS u ON u.contribution_id = c.contribution_id
    WHERE c.pool_id = p_pool AND c.from_at < (p_month + '1 month'::interval) AT TIME ZONE 'UTC';
$$;
