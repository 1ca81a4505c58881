-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the day a document of p_day is booked on: that day, or the first day of the first open month when its month is closed; concerns is then the closed month.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.booking_day(p_day date, OUT occurred_on date, OUT concerns date)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH closed AS (SELECT pg_catalog.max(p.month) AS last FROM payout.period AS p WHERE p.state <> 'open')
    SELECT CASE WHEN c.late THEN (c.last + '1 month'::interval)::date ELSE p_day END,
           CASE WHEN c.late THEN pg_catalog.date_trunc('month', p_day::timestamp)::date END
    FROM (SELECT last, COALESCE(p_day < (last + '1 month'::interval)::date, false) AS late FROM closed) AS c;
$$;
