-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the day of the book: UTC.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.today() RETURNS date
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (pg_catalog.now() AT TIME ZONE 'UTC')::date;
$$;
