-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the log's clock: asks for a run of the sequencer when leaves wait, and once when a worker has come (again), so that the start-up
--          self-check does not wait for a leaf; while it refuses to sign, once in ten seconds, so that a person's repair is noticed without a
--          flood of refusals. Asks the
--          witnesses again that did not cosign the newest checkpoint. Forgets answers of keyed writes after 24 hours.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.tick() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_seen CONSTANT text := 'commonhold.log_seen';
    v_refused timestamptz := (SELECT h.at FROM log.health AS h WHERE h.reason IS NOT NULL);
BEGIN
    DELETE FROM log.idempotency WHERE at < pg_catalog.clock_timestamp() - interval '24 hours';
    IF COALESCE(pg_catalog.current_setting(c_seen, true), '') = '' THEN
        PERFORM pg_catalog.set_config(c_seen, 'yes', false);
        PERFORM job.enqueue('sequence_log', 'log');
    ELSIF v_refused <= pg_catalog.clock_timestamp() - interval '10 seconds' OR v_refused IS NULL
        AND EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL) THEN
        PERFORM job.enqueue('sequence_log', 'log');
    END IF;
    PERFORM job.enqueue('ask_witnesses', 'log') WHERE EXISTS (SELECT FROM log.witness AS w
        WHERE w.next_at <= pg_catalog.clock_timestamp() AND w.size < (SELECT pg_catalog.max(c.size) FROM log.checkpoint AS c));
END
$$;
