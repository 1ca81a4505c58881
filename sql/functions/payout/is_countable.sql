-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether the usage of a pool's month is known for good: it is sealed, or the month is over and nothing was used in it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.is_countable(p_pool uuid, p_month date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM metering.seal_overview AS s WHERE s.pool_id = p_pool AND s.month = p_month)
        OR p_month + '1 month'::interval <= payout.today() AND NOT EXISTS (SELECT FROM metering.usage_day_overview AS d
            WHERE d.pool_id = p_pool AND d.day >= p_month AND d.day < (p_month + '1 month'::interval)::date);
$$;
