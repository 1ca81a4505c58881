-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the log's clock: asks for a run of the sequencer when leaves wait; while it refuses to sign, once in ten seconds, so that a
--          person's repair is noticed without a flood of refusals. Forgets answers of keyed writes after 24 hours.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.tick() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM log.idempotency WHERE at < pg_catalog.clock_timestamp() - interval '24 hours';
    IF EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)
        AND NOT EXISTS (SELECT FROM log.health WHERE reason IS NOT NULL AND at > pg_catalog.clock_timestamp() - interval '10 seconds') THEN
        PERFORM job.enqueue('sequence_log', 'log');
    END IF;
END
$$;
