-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the span of days an age falls into, as the treasurer's views group.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.age_bucket(p_days integer) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_days <= 0 THEN '0' WHEN p_days <= 30 THEN '1-30' WHEN p_days <= 60 THEN '31-60' WHEN p_days <= 90 THEN '61-90' ELSE '91+' END;
$$;
