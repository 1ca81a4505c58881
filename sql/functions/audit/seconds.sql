-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: seconds since 1970 of an instant of a licensing document (YYYY-MM-DDTHH:MM:SSZ).
-- Outcomes: none; NULL for NULL.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.seconds(p_time text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXTRACT(EPOCH FROM (pg_catalog.left(p_time, 19) || '+00')::timestamptz)::bigint;
$$;
