-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer seals a month of a pool, also one in progress. Body: pool (ref), month (YYYY-MM). Safe to repeat.
-- Outcomes: sealed, already_sealed, forbidden, not_found, invalid.
-- Locks: those of metering.seal_usage.
CREATE OR REPLACE FUNCTION metering.seal_month(p_actor uuid, p_body jsonb) RETURNS log.answer
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
    RETURN metering.seal_usage(v_asked.pool_id, p_body ->> 'pool', v_asked.month, p_actor);
END
$$;
