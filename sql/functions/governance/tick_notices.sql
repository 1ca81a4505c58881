-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clock of e-mail, called every second by the workers: asks for a run of the sender when a notice is due.
-- Outcomes: none; 1 when something is due.
-- Locks: those of job.enqueue.
CREATE OR REPLACE FUNCTION governance.tick_notices() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF log.due_notices(1) = '{}' THEN
        RETURN 0;
    END IF;
    PERFORM job.enqueue('send_notices', 'all', '{}');
    RETURN 1;
END
$$;
