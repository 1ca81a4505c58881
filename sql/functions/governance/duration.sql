-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a duration of the charter.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.duration(p_name text) RETURNS interval
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (c.doc -> 'durations' ->> p_name)::bigint * interval '1 second' FROM governance.charter AS c;
$$;
