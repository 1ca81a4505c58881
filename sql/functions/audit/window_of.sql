-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for M3: sealed usage of a run's pool in the months its rule's window touches (usage is sealed by whole months; the window ends with
--          the run's month), by contribution and licensee, as far as it was sealed before the inputs were frozen. sure: sealed a minute before
--          that; own: in the run's month and scope, which M1 compares.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.window_of(p_run uuid) RETURNS TABLE (contribution text, member text, licensee uuid, units numeric, sure boolean, own boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH run AS (
        SELECT r.pool_id, r.service_month, r.licensee, k.low, k.high, (SELECT COALESCE(pg_catalog.max((s -> 'eligible' ->> 'window_days')::integer), 1)
            FROM pg_catalog.jsonb_array_elements(audit.rule_of(r.id) -> 'steps') AS s) AS days
        FROM payout.run AS r CROSS JOIN LATERAL audit.collected(r.id) AS k WHERE r.id = p_run),
    month AS (
        SELECT r.*, s.month, s.month = r.service_month OR s.sealed_at < r.low AS sure
        FROM run AS r JOIN metering.seal AS s ON s.pool_id = r.pool_id AND s.month <= r.service_month AND s.sealed_at < r.high
            AND (s.month + interval '1 month')::date > LEAST((r.service_month + interval '1 month')::date - r.days, r.service_month))
    SELECT u.contribution_id::text, c.member_id::text, g.organisation_id, pg_catalog.sum(u.units), m.sure, m.month = m.service_month AND (m.licensee IS NULL OR m.licensee = g.organisation_id)
    FROM month AS m JOIN metering.sealed_usage AS u ON u.pool_id = m.pool_id AND u.month = m.month AND u.contribution_id IS NOT NULL
    LEFT JOIN licensing.data_grant AS g ON g.id = u.grant_id LEFT JOIN licensing.contribution AS c ON c.id = u.contribution_id
    GROUP BY u.contribution_id, c.member_id, g.organisation_id, m.sure, m.month = m.service_month AND (m.licensee IS NULL OR m.licensee = g.organisation_id);
$$;
