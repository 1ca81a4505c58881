-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes queued events for licensees' programs out of the outbox, oldest first: they are done when the caller commits, and queued
--          again when it does not. One that cannot be worked off goes back with log.put_back.
-- Outcomes: none; place in the outbox, and event {id, organisation, type, timestamp, data}.
-- Locks: the rows taken; those of another taker are passed over.
CREATE OR REPLACE FUNCTION log.take_webhooks(p_limit integer) RETURNS TABLE (place bigint, event jsonb)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE log.outbox AS o SET done_at = pg_catalog.clock_timestamp(), attempts = o.attempts + 1
    WHERE o.id IN (SELECT q.id FROM log.outbox AS q WHERE q.topic = 'webhook' AND q.done_at IS NULL
                   ORDER BY q.next_at, q.id LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING o.id, o.payload;
$$;
