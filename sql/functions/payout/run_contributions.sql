-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: contribution members of distribution-inputs/1, one text each: the contributions of a pool up to the month's end with their units,
--          quality and window figures. A contribution has one contributor, its member.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_contributions(p_pool uuid, p_month date, p_licensee uuid, p_rule jsonb, p_external jsonb) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.concat('{"contributors":[{"recipient":"', c.member_id, '","share":1}],"distinct_licensees":', COALESCE(pg_catalog.cardinality(u.licensees), 0),
        ',"external":', COALESCE(x.external, 0), ',"id":"', c.contribution_id, '","quality_ppm":', COALESCE(c.quality_ppm, 1000000),
        ',"units":', COALESCE(u.units, 0), ',"window_units":', COALESCE(u.window_units, 0), '}')
    FROM licensing.contribution_overview AS c LEFT JOIN payout.used_units(p_pool, p_month, p_licensee, p_rule) AS u ON u.contribution_id = c.contribution_id
    LEFT JOIN pg_catalog.jsonb_to_recordset(p_external->'contributions') AS x (id uuid, external bigint) ON x.id = c.contribution_id
    WHERE c.pool_id = p_pool AND c.from_at < LEAST((p_month + '1 month'::interval)::timestamp AT TIME ZONE 'UTC', pg_catalog.now()) AND c.rows IS NOT NULL
    ORDER BY c.contribution_id;
$$;
