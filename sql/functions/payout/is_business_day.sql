-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether banks of the euro area settle on this day: no Saturday, no Sunday, no closing day of TARGET (1 January, Good Friday, Easter
--          Monday, 1 May, 25 and 26 December).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.is_business_day(p_day date) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.date_part('isodow', p_day) < 6 AND pg_catalog.to_char(p_day, 'MMDD') NOT IN ('0101', '0501', '1225', '1226')
        AND p_day - payout.easter(pg_catalog.date_part('year', p_day)::integer) NOT IN (-2, 1);
$$;
