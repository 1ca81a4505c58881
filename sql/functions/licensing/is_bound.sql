-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a JSON value is a bound of a quality check: an integer, or a plain decimal number as a string, since JSON
--          fractions would pass through binary ones.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.is_bound(p_value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(CASE pg_catalog.jsonb_typeof(p_value) WHEN 'number' THEN p_value #>> '{}' ~ '^-?[0-9]{1,18}$'
        WHEN 'string' THEN p_value #>> '{}' ~ '^-?[0-9]{1,18}(\.[0-9]{1,18})?$' END, false);
$$;
