-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sealed usage of a pool by contribution: units of the month, units of the rule's window, and the organisations that used it in the
--          window. The window ends with the month and takes in whole months, as usage is sealed by month: all that window_days (the longest
--          of the rule's steps) touches. p_licensee: the month's units are those of that organisation; whom a window makes eligible is no matter
--          of whose money is shared, so windows and licensees are those of the pool.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.used_units(p_pool uuid, p_month date, p_licensee uuid, p_rule jsonb)
RETURNS TABLE (contribution_id uuid, units numeric, window_units numeric, licensees uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH reach AS (
        SELECT pg_catalog.date_trunc('month', (p_month + '1 month'::interval) - COALESCE(pg_catalog.max((e->'eligible'->>'window_days')::integer), 1) * '1 day'::interval)::date AS first
        FROM pg_catalog.jsonb_array_elements(p_rule->'steps') AS e)
    SELECT u.contribution_id, COALESCE(pg_catalog.sum(u.units) FILTER (WHERE u.month = p_month AND (p_licensee IS NULL OR g.organisation_id = p_licensee)), 0), pg_catalog.sum(u.units),
        pg_catalog.array_agg(DISTINCT g.organisation_id)
    FROM reach AS r JOIN metering.sealed_usage_overview AS u ON u.pool_id = p_pool AND u.contribution_id IS NOT NULL AND u.month BETWEEN LEAST(r.first, p_month) AND p_month
    LEFT JOIN licensing.grant_overview AS g ON g.grant_id = u.grant_id
    GROUP BY u.contribution_id;
$$;
