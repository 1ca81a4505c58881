-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives the rows and bytes of a batch that never arrived back to the periods they were taken from.
-- Outcomes: none.
-- Locks: the quotas' rows, in the order of meter and period.
CREATE OR REPLACE FUNCTION metering.return_quota(p_pool uuid, p_grant uuid, p_taken_at timestamptz, p_rows bigint, p_bytes bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_quota metering.quota;
BEGIN
    FOR v_quota IN SELECT * FROM metering.quota AS q WHERE q.pool_id = p_pool AND q.grant_id = p_grant AND q.meter IN ('bytes', 'rows')
        AND q.starts_on = metering.period_start(q.period, p_taken_at) ORDER BY q.meter, q.period LOOP
        PERFORM metering.give_back(p_pool, p_grant, v_quota.meter, v_quota.period, v_quota.starts_on,
            CASE v_quota.meter WHEN 'rows' THEN p_rows ELSE p_bytes END);
    END LOOP;
END
$$;
