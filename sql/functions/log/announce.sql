-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: queues an event for a licensee's programs in the caller's transaction. p_type is a word of licensing.md section 12 (or the like of another
--          part), p_unique what must be said once only (NULL: each call is an event of its own), p_data what the event is about, under 20 kB.
-- Outcomes: none.
-- Locks: the unique key of log.outbox.
CREATE OR REPLACE FUNCTION log.announce(p_organisation uuid, p_type text, p_unique text, p_data jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO log.outbox (topic, unique_key, payload)
    SELECT 'webhook', 'webhook:' || COALESCE(p_organisation || ':' || p_type || ':' || p_unique, n.id::text),
        pg_catalog.jsonb_build_object('id', n.id, 'organisation', p_organisation, 'type', p_type,
            'timestamp', log.time_text(pg_catalog.clock_timestamp()), 'data', COALESCE(p_data, '{}'))
    FROM log.new_id() AS n (id)
    ON CONFLICT (unique_key) DO NOTHING;
$$;
