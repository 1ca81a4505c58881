-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member's own: how many of the own rows were used, in which month, for which purpose, by whom. Counts of any size are
--          shown, since they are the member's.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.list_own_usage(p_actor uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', x.pool,
        'contribution_id', x.contribution_id, 'month', pg_catalog.to_char(x.month, 'YYYY-MM'), 'purpose', x.purpose, 'organisation_name', x.organisation_name,
        'meter', x.meter, 'units', x.units, 'days', x.days) ORDER BY x.month DESC, x.pool, x.contribution_id, x.purpose, x.organisation_name, x.meter), '[]'), 'next', NULL))
    FROM (SELECT c.pool, c.contribution_id, pg_catalog.date_trunc('month', u.day::timestamp)::date AS month, g.purpose, g.organisation_name, u.meter,
              pg_catalog.sum(u.units)::bigint AS units, pg_catalog.count(DISTINCT u.day) AS days
          FROM licensing.contribution_overview AS c
          JOIN metering.usage_day AS u ON u.pool_id = c.pool_id AND u.contribution_id = c.contribution_id
          JOIN licensing.grant_overview AS g ON g.grant_id = u.grant_id
          WHERE c.member_id = p_actor GROUP BY 1, 2, 3, 4, 5, 6) AS x;
$$;
