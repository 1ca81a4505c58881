-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a treasurer's request to seal asks for: body with pool (ref) and month (YYYY-MM), of now or before.
-- Outcomes: forbidden, invalid, not_found in refusal; NULL there: pool_id and month are what to seal.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.seal_request(p_actor uuid, p_body jsonb, OUT refusal log.answer, OUT pool_id uuid, OUT month date)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
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
    IF month > (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date THEN
        refusal := log.refusal('invalid', 'the month has not begun', '[{"pointer":"/month","detail":"lies in the future"}]');
    ELSIF pool_id IS NULL THEN
        refusal := log.refusal('not_found', 'there is no such pool');
    END IF;
END
$$;
