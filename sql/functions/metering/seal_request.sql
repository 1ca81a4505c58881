-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a treasurer's request to seal asks for: body with pool (ref) and month (YYYY-MM), of now or before, back to the founding or to the
--          first usage there is.
-- Outcomes: forbidden, invalid, not_found in refusal; NULL there: pool_id and month are what to seal.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.seal_request(p_actor uuid, p_body jsonb, OUT refusal log.answer, OUT pool_id uuid, OUT month date)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_first date;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        refusal := log.refusal('forbidden', 'only the treasurer seals a month');
        RETURN;
    ELSIF COALESCE(p_body ->> 'month', '') !~ '^20[0-9]{2}-(0[1-9]|1[0-2])$' THEN
        refusal := log.refusal('invalid', 'month is no month', '[{"pointer":"/month","detail":"must be YYYY-MM"}]');
        RETURN;
    END IF;
    month := (p_body ->> 'month' || '-01')::date;
    pool_id := metering.find_pool(p_body ->> 'pool');
    IF pool_id IS NULL THEN
        refusal := log.refusal('not_found', 'there is no such pool');
        RETURN;
    END IF;
    SELECT pg_catalog.date_trunc('month', c.founded_at AT TIME ZONE 'UTC')::date INTO v_first FROM governance.charter_in_force AS c;
    IF month > (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date THEN
        refusal := log.refusal('invalid', 'the month has not begun', '[{"pointer":"/month","detail":"lies in the future"}]');
    ELSIF month < v_first AND NOT EXISTS (SELECT FROM metering.usage_day AS u WHERE u.pool_id = seal_request.pool_id AND u.day < v_first
        AND u.day < seal_request.month + interval '1 month') THEN
        refusal := log.refusal('invalid', pg_catalog.format('the trust was founded in %s', pg_catalog.to_char(v_first, 'YYYY-MM')),
            '[{"pointer":"/month","detail":"lies before the founding"}]');
    END IF;
END
$$;
