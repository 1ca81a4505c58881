-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a row that was taken out of the outbox could not be worked off: it goes back with the error, behind the others, to be taken again after
--          2 s, 4 s, ... an hour.
-- Outcomes: none.
-- Locks: the row.
CREATE OR REPLACE FUNCTION log.put_back(p_place bigint, p_error text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE log.outbox SET done_at = NULL, last_error = p_error,
        next_at = pg_catalog.clock_timestamp() + LEAST(pg_catalog.power(2, LEAST(attempts, 12)), 3600) * interval '1 second'
    WHERE id = p_place;
$$;
