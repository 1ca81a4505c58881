-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the quotas of a grant with what is used and left now and when the period ends (NULL: with the grant). used is all that was delivered,
--          asked or reported; over is what other data planes reported beyond the limit. Units leased to deliveries under way count as left.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.quota_state(p_grant uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('meter', q.meter, 'period', q.period, 'limit', q.most, 'used', u.used,
        'left', GREATEST(q.most - u.used, 0), 'over', GREATEST(u.used - q.most, 0), 'leased', u.leased, 'reset_at', CASE q.period
            WHEN 'day' THEN log.time_text((s.start + 1)::timestamp AT TIME ZONE 'UTC')
            WHEN 'month' THEN log.time_text((s.start + interval '1 month') AT TIME ZONE 'UTC') END) ORDER BY q.meter, q.period), '[]')
    FROM metering.quotas_of(p_grant) AS q,
        LATERAL (SELECT metering.period_start(q.period, pg_catalog.now()) AS start) AS s,
        LATERAL (SELECT COALESCE((SELECT pg_catalog.sum(l.units) FROM metering.quota_lease AS l WHERE l.grant_id = p_grant AND l.meter = q.meter
                AND l.period = q.period AND l.starts_on = s.start), 0)::bigint AS leased) AS l,
        LATERAL (SELECT COALESCE((SELECT t.taken + t.excess FROM metering.quota AS t WHERE t.grant_id = p_grant AND t.meter = q.meter
                AND t.period = q.period AND t.starts_on = s.start), 0) - l.leased AS used, l.leased) AS u;
$$;
