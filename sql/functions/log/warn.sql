-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: says in the server's log, for a clock, that one thing failed while the clock goes on with the others and tries it again the next time: once
--          a minute for each thing and connection, so that one of them does not fill the log.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.warn(p_what text, p_error text, p_state text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_said CONSTANT text := 'commonhold.warned_' || pg_catalog.md5(p_what);
    v_now timestamptz := pg_catalog.clock_timestamp();
BEGIN
    IF NULLIF(pg_catalog.current_setting(c_said, true), '')::timestamptz > v_now - interval '1 minute' THEN
        RETURN;
    END IF;
    PERFORM pg_catalog.set_config(c_said, v_now::text, false);
    RAISE WARNING '%: % (%)', p_what, p_error, p_state;
END
$$;
