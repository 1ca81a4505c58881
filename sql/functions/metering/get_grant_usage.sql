-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the licensee's usage of a grant: quotas with used, left and reset, units by day and meter, sent rows not folded yet, the
--          charge expected for this month.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.get_grant_usage(p_organisation uuid, p_grant uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool uuid;
    v_ref text;
BEGIN
    SELECT g.pool_id, g.pool INTO v_pool, v_ref FROM licensing.grant_overview AS g WHERE g.grant_id = p_grant AND g.organisation_id = p_organisation;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('grant_id', p_grant, 'pool', v_ref, 'quotas', metering.quota_state(p_grant),
        'days', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('day', d.day, 'meter', d.meter, 'units', d.units)
                 ORDER BY d.day DESC, d.meter), '[]') FROM (
            SELECT u.day, u.meter, pg_catalog.sum(u.units)::bigint AS units FROM metering.usage_day AS u
            WHERE u.pool_id = v_pool AND u.grant_id = p_grant GROUP BY u.day, u.meter ORDER BY u.day DESC, u.meter LIMIT 400) AS d),
        'not_folded', (SELECT COALESCE(pg_catalog.sum(b.rows), 0) FROM metering.batch AS b
                       WHERE b.pool_id = v_pool AND b.grant_id = p_grant AND b.state = 'sent' AND b.day IS NULL),
        'expected_charge', metering.charge_class(p_grant)));
END
$$;
