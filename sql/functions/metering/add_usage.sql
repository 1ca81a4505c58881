-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: adds lines of usage to the rollup, each under the day and month that are open for it as of the beginning of this transaction, and to
--          what is taken of the grants' quotas, as far as those reach, and beyond that to their excess: what is told of here has happened. Where a month was closed since the
--          transaction began, 40001: the caller begins anew, so that the time of its rows says in which month they were counted.
-- Outcomes: none.
-- Locks: the rollup's rows, in the order metering.lock_usage gives; then the quotas, in theirs. The caller holds metering.lock_usage of the pools.
CREATE OR REPLACE FUNCTION metering.add_usage(p_pools uuid[], p_days date[], p_grants uuid[], p_meters text[], p_contributions uuid[],
    p_units bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM metering.closed_month AS c WHERE c.pool_id = ANY (p_pools) AND c.closed_at >= pg_catalog.now()) THEN
        RAISE EXCEPTION 'a month was closed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, late, units)
    SELECT l.pool_id, p.placed, l.grant_id, l.meter, l.contribution_id, p.late, pg_catalog.sum(l.units)
    FROM unnest(p_pools, p_days, p_grants, p_meters, p_contributions, p_units) AS l (pool_id, day, grant_id, meter, contribution_id, units)
    JOIN (SELECT d.pool_id, d.day, x.day AS placed, x.late
          FROM (SELECT DISTINCT u.pool_id, u.day FROM unnest(p_pools, p_days) AS u (pool_id, day)) AS d,
              LATERAL metering.place_usage(d.pool_id, d.day, pg_catalog.now()) AS x) AS p ON p.pool_id = l.pool_id AND p.day = l.day
    GROUP BY l.pool_id, p.placed, l.grant_id, l.meter, l.contribution_id, p.late
    ORDER BY l.pool_id, p.placed, l.grant_id, l.meter COLLATE "C", l.contribution_id, p.late
    ON CONFLICT (pool_id, day, grant_id, meter, contribution_id, late) DO UPDATE SET units = usage_day.units + EXCLUDED.units;

    IF NOT EXISTS (SELECT FROM licensing.grant_overview AS g WHERE g.grant_id = ANY (p_grants) AND g.quotas <> '[]') THEN
        RETURN;
    END IF;
    INSERT INTO metering.quota (pool_id, grant_id, meter, period, starts_on, most, taken, excess)
    SELECT g.pool_id, g.grant_id, q.meter, q.period, metering.period_start(q.period, g.day::timestamp AT TIME ZONE 'UTC'), q.most,
        LEAST(q.most, pg_catalog.sum(g.units)), GREATEST(pg_catalog.sum(g.units) - q.most, 0)
    FROM (SELECT l.pool_id, l.grant_id, l.meter, l.day, pg_catalog.sum(l.units) AS units
          FROM unnest(p_pools, p_days, p_grants, p_meters, p_units) AS l (pool_id, day, grant_id, meter, units)
          GROUP BY l.pool_id, l.grant_id, l.meter, l.day) AS g
    JOIN LATERAL metering.quotas_of(g.grant_id) AS q ON q.meter = g.meter
    GROUP BY 1, 2, 3, 4, 5, 6
    ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (pool_id, grant_id, meter, period, starts_on) DO UPDATE SET taken = LEAST(quota.most::numeric, quota.taken::numeric + EXCLUDED.taken + EXCLUDED.excess),
        excess = quota.excess::numeric + GREATEST(quota.taken::numeric + EXCLUDED.taken + EXCLUDED.excess - quota.most, 0);
END
$$;
