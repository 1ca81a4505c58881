-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes units of a meter of a grant, of all its quotas or of none: for what happens at once (a request, a query) and is known before.
--          Who takes of several meters in one transaction does so in their order.
-- Outcomes: ok (also where the grant has no quota of this meter), quota_reached with quota and retry_after.
-- Locks: those of metering.spare_quota for each quota of the meter, to the end of the transaction.
CREATE OR REPLACE FUNCTION metering.take_quota(p_pool uuid, p_grant uuid, p_meter text, p_units bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_quota record;
BEGIN
    FOR v_quota IN SELECT * FROM metering.quotas_of(p_grant) AS q WHERE q.meter = p_meter LOOP
        IF metering.spare_quota(p_pool, p_grant, p_meter, v_quota.period, metering.period_start(v_quota.period, pg_catalog.now()), v_quota.most,
            p_units) < p_units THEN
            RETURN metering.quota_refusal(p_grant, ARRAY[p_meter], p_units);
        END IF;
    END LOOP;
    UPDATE metering.quota AS q SET taken = q.taken + p_units FROM metering.quotas_of(p_grant) AS o
    WHERE q.pool_id = p_pool AND q.grant_id = p_grant AND q.meter = p_meter AND q.meter = o.meter AND q.period = o.period
        AND q.starts_on = metering.period_start(o.period, pg_catalog.now());
    RETURN log.answer('ok');
END
$$;
