-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a duration of the charter in force, or the given number of seconds where the charter does not say.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.charter_seconds(p_name text, p_absent bigint) RETURNS interval
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN COALESCE((SELECT (c.doc->'durations'->>p_name)::bigint FROM governance.charter_in_force AS c), p_absent) * '1 second'::interval;
END
$$;
