-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: leaves that wait for an index, oldest first, each with the index of the previous leaf of its object as it will be when
--          they take the indexes from p_size on.
-- Outcomes: none.
-- Locks: none; the caller holds the sequencer's.
CREATE OR REPLACE FUNCTION log.waiting_leaves(p_size bigint, p_limit integer)
RETURNS TABLE (outbox_id bigint, prev bigint, payload jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH taken AS MATERIALIZED (
        SELECT o.id, o.payload, o.payload ->> 'type' AS type, o.payload ->> 'id' AS object_id,
               p_size - 1 + pg_catalog.row_number() OVER (ORDER BY o.id) AS index
        FROM (SELECT id, payload FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL ORDER BY id LIMIT p_limit) AS o
    )
    SELECT t.id,
           COALESCE(pg_catalog.lag(t.index) OVER (PARTITION BY t.type, t.object_id ORDER BY t.index),
                    (SELECT e.index FROM log.entry AS e WHERE e.type = t.type AND e.object_id = t.object_id ORDER BY e.index DESC LIMIT 1), -1),
           t.payload
    FROM taken AS t
    ORDER BY t.id;
$$;
