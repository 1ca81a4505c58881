-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the log's clock: asks for a run of the sequencer when leaves wait.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.tick() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL) THEN
        PERFORM job.enqueue('sequence_log', 'log');
    END IF;
END
$$;
