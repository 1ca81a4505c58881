-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer seals a month of a pool, also one in progress. Body: pool (ref), month (YYYY-MM). Safe to repeat.
-- Outcomes: sealed, already_sealed, forbidden, not_found, invalid.
-- Locks: those of metering.seal_usage.
CREATE OR REPLACE FUNCTION metering.seal_month(p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool uuid;
    v_month date;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer seals a month');
    ELSIF p_body ->> 'month' !~ '^20[0-9]{2}-(0[1-9]|1[0-2])$' THEN
        RETURN log.refusal('invalid', 'month is no month', '[{"pointer":"/month","detail":"must be YYYY-MM"}]');
    END IF;
    v_month := (p_body ->> 'month' || '-01')::date;
    IF v_month > (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date THEN
        RETURN log.refusal('invalid', 'the month has not begun', '[{"pointer":"/month","detail":"lies in the future"}]');
    END IF;
    v_pool := metering.find_pool(p_body ->> 'pool');
    IF v_pool IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such pool');
    END IF;
    RETURN metering.seal_usage(v_pool, p_body ->> 'pool', v_month, p_actor);
END
$$;
