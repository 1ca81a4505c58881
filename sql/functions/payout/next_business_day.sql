-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the first day after p_day that is no Saturday, Sunday or TARGET closing day of fixed date (1 January, 1 May, 25 and 26 December).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.next_business_day(p_day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_day + g FROM pg_catalog.generate_series(1, 10) AS g
    WHERE pg_catalog.date_part('isodow', p_day + g) < 6 AND pg_catalog.to_char(p_day + g, 'MMDD') NOT IN ('0101', '0501', '1225', '1226')
    ORDER BY g LIMIT 1;
$$;
