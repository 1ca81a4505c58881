-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the log was told of an object: its entries, and leaves that wait for one.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.leaf_of(p_type text, p_object text) RETURNS TABLE (sha256 text, body jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.object_sha256, pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb -> 'body' FROM log.entry AS e WHERE e.type = p_type AND e.object_id = p_object
    UNION ALL
    SELECT o.payload ->> 'sha256', o.payload -> 'body' FROM log.outbox AS o
    WHERE o.topic = 'leaf' AND o.done_at IS NULL AND o.payload ->> 'type' = p_type AND o.payload ->> 'id' = p_object;
$$;
