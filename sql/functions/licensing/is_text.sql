-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a JSON value is a string of that many characters.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.is_text(p_value jsonb, p_least integer, p_most integer) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_typeof(p_value) = 'string' AND pg_catalog.length(p_value #>> '{}') BETWEEN p_least AND p_most, false);
$$;
