-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the licensee's usage of a grant: quotas with used, left, over and reset; units by day and meter from p_from to p_to (UTC, both in it; NULL:
--          today, and 91 days before p_to), sent rows not folded yet, deliveries under way with what they have sent so far, the charge
--          expected for this month.
-- Outcomes: ok, not_found, bad_request.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.get_grant_usage(p_organisation uuid, p_grant uuid, p_from date, p_to date) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool uuid;
    v_ref text;
    v_to date := COALESCE(p_to, (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date);
    v_from date := COALESCE(p_from, v_to - 91);
BEGIN
    SELECT g.pool_id, g.pool INTO v_pool, v_ref FROM licensing.grant_overview AS g WHERE g.grant_id = p_grant AND g.organisation_id = p_organisation;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF v_from > v_to OR v_to - v_from > 366 THEN
        RETURN log.refusal('bad_request', 'to is not before from, and at most 366 days behind it');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('grant_id', p_grant, 'pool', v_ref, 'from', v_from, 'to', v_to,
        'quotas', metering.quota_state(p_grant),
        'days', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('day', d.day, 'meter', d.meter, 'units', d.units, 'late', d.late)
                 ORDER BY d.day DESC, d.meter), '[]') FROM (
            SELECT u.day, u.meter, pg_catalog.sum(u.units)::bigint AS units,
                COALESCE(pg_catalog.sum(u.units) FILTER (WHERE u.late IS NOT NULL), 0)::bigint AS late FROM metering.usage_day AS u
            WHERE u.pool_id = v_pool AND u.grant_id = p_grant AND u.day BETWEEN v_from AND v_to GROUP BY u.day, u.meter) AS d),
        'not_folded', (SELECT COALESCE(pg_catalog.sum(b.rows), 0) FROM metering.batch AS b
                       WHERE b.pool_id = v_pool AND b.grant_id = p_grant AND b.state = 'sent' AND b.day IS NULL),
        'live', metering.live_deliveries(v_pool, p_grant),
        'expected_charge', metering.charge_class(p_grant)));
END
$$;
