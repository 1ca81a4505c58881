-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the first business day after p_day.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.next_business_day(p_day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_day + g FROM pg_catalog.generate_series(1, 10) AS g WHERE payout.is_business_day(p_day + g) ORDER BY g LIMIT 1;
$$;
