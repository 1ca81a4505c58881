-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: log.announce for many events of one type: p_events is an array of {"organisation", "unique", "data"}.
-- Outcomes: none.
-- Locks: the unique keys of log.outbox, in their order.
CREATE OR REPLACE FUNCTION log.announce_many(p_type text, p_events jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO log.outbox (topic, unique_key, payload)
    SELECT 'webhook', 'webhook:' || (e.v ->> 'organisation') || ':' || p_type || ':' || (e.v ->> 'unique'),
        pg_catalog.jsonb_build_object('id', log.new_id(), 'organisation', e.v -> 'organisation', 'type', p_type,
            'timestamp', t.now, 'data', e.v -> 'data')
    FROM pg_catalog.jsonb_array_elements(p_events) AS e (v), log.time_text(pg_catalog.clock_timestamp()) AS t (now) ORDER BY 2
    ON CONFLICT (unique_key) DO NOTHING;
$$;
