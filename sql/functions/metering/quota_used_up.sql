-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether nothing at all is left of a grant's quotas of some meters, so that a request need not begin. What deliveries under way have leased
--          counts as left: it may come back.
-- Outcomes: quota_reached with quota and retry_after; ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.quota_used_up(p_grant uuid, p_meters text[]) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_refusal log.answer := metering.quota_refusal(p_grant, p_meters, 1);
BEGIN
    RETURN CASE WHEN v_refusal.outcome <> 'ok' AND (v_refusal.body #>> '{quota,left}')::bigint = 0 THEN v_refusal ELSE log.answer('ok') END;
END
$$;
