-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the day of the book: UTC. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.today() RETURNS date
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (pg_catalog.now() AT TIME ZONE 'UTC')::date;
END
$$;
