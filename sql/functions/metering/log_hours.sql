-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: logs the next hour that has been over for five minutes, a transaction each; the worker repeats until the answer says done. Five
--          minutes, because what is acknowledged bears the time at which its transaction began, and none takes that long.
-- Outcomes: ok.
-- Locks: the clock's row, so that one worker does it.
CREATE OR REPLACE FUNCTION metering.log_hours() RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_hour timestamptz;
BEGIN
    SELECT c.at INTO STRICT v_hour FROM metering.clock AS c WHERE c.name = 'log_hours' FOR UPDATE;
    IF v_hour + interval '65 minutes' > pg_catalog.clock_timestamp() THEN
        RETURN log.answer('ok', '{"done": true}');
    END IF;
    PERFORM metering.log_hour(v_hour);
    UPDATE metering.clock SET at = v_hour + interval '1 hour' WHERE name = 'log_hours';
    RETURN log.answer('ok', '{"done": false}');
END
$$;
