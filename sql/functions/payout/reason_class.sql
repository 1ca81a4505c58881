-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a reason code of a rejection or return asks for: account (the version is blocked, the member is asked), person (somebody looks before
--          any new attempt), alert (the treasurer, no automatic attempt); NULL for all others.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.reason_class(p_code text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_code IN ('AC01', 'AC04', 'AC06', 'AG01', 'CNOR', 'MD07', 'RC01') THEN 'account'
        WHEN p_code IN ('RR01', 'RR02', 'RR03', 'RR04', 'MS03') THEN 'person'
        WHEN p_code IN ('AM05', 'DUPL', 'FF01', 'BE04') THEN 'alert' END;
$$;
