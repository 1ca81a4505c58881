-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first half of a treasurer's request to seal a month, a transaction of its own: the month takes no more usage. Should the second half
--          (metering.seal_month) never come, the worker seals it.
-- Outcomes: ok, forbidden, not_found, invalid.
-- Locks: those of metering.close_usage.
CREATE OR REPLACE FUNCTION metering.close_month(p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_asked record;
BEGIN
    SELECT * INTO v_asked FROM metering.seal_request(p_actor, p_body);
    IF (v_asked.refusal).outcome IS NOT NULL THEN
        RETURN v_asked.refusal;
    END IF;
    PERFORM metering.close_usage(v_asked.pool_id, p_body ->> 'pool', v_asked.month, p_actor);
    RETURN log.answer('ok');
END
$$;
