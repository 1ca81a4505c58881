-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer seals a month of a pool, also one in progress. Body: pool (ref), month (YYYY-MM). Two calls, a transaction each: with
--          p_close the month takes no more usage from the commit on; without, its lines and tree are made. Should the second never come, the
--          worker makes them. Safe to repeat.
-- Outcomes: ok (closed), sealed, already_sealed, forbidden, not_found, invalid.
-- Locks: those of metering.close_usage, or of metering.seal_usage.
CREATE OR REPLACE FUNCTION metering.seal_month(p_actor uuid, p_body jsonb, p_close boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_asked record;
BEGIN
    SELECT * INTO v_asked FROM metering.seal_request(p_actor, p_body);
    IF (v_asked.refusal).outcome IS NOT NULL THEN
        RETURN v_asked.refusal;
    ELSIF NOT p_close THEN
        RETURN metering.seal_usage(v_asked.pool_id, p_body ->> 'pool', v_asked.month, p_actor);
    END IF;
    PERFORM metering.close_usage(v_asked.pool_id, p_body ->> 'pool', v_asked.month, p_actor);
    RETURN log.answer('ok');
END
$$;
