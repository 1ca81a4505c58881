-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a time as every document writes it: YYYY-MM-DDTHH:MM:SSZ, UTC, whole seconds. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.time_text(p_at timestamptz) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
END
$$;
