-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the body of a webhook, {type, timestamp, data}, under 20,000 bytes. Data that is longer than it may be is cut down to its short
--          members (identifiers, words, numbers), with "truncated": true, so that the licensee at least learns what to look at.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.webhook_event_text(p_type text, p_timestamp text, p_data jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '{"type":' || pg_catalog.to_json(p_type) || ',"timestamp":' || pg_catalog.to_json(p_timestamp) || ',"data":'
        || CASE WHEN pg_catalog.octet_length(p_data::text) <= 19000 THEN p_data::text
           ELSE (SELECT COALESCE(pg_catalog.jsonb_object_agg(m.key, m.value), '{}') || '{"truncated": true}'
                 FROM (SELECT e.key, e.value
                       FROM pg_catalog.jsonb_each(CASE WHEN pg_catalog.jsonb_typeof(p_data) = 'object' THEN p_data ELSE '{}' END) AS e
                       WHERE pg_catalog.octet_length(e.key) <= 60 AND pg_catalog.octet_length(e.value::text) <= 200
                         AND pg_catalog.jsonb_typeof(e.value) NOT IN ('object', 'array')
                       ORDER BY e.key LIMIT 50) AS m)::text END || '}';
$$;
