-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the month, in UTC, that a row counts for.
-- Outcomes: none; NULL for NULL.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.month_of(p_at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.date_trunc('month', pg_catalog.timezone('UTC', p_at))::date;
$$;
