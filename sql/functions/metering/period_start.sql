-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first day (UTC) of the quota period that holds an instant; a whole grant is one period.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.period_start(p_period text, p_at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_period WHEN 'day' THEN (p_at AT TIME ZONE 'UTC')::date
        WHEN 'month' THEN pg_catalog.date_trunc('month', p_at AT TIME ZONE 'UTC')::date
        ELSE '2000-01-01'::date END;
$$;
