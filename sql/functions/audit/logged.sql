-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: objects that must be logged beside what the log has of them, waiting leaves too: a row for each type and id on either side, with how many
--          versions and leaves there are, their hashes in order, and the last month in which one of them was made.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.logged() RETURNS TABLE (type text, object_id text, month date, objects bigint, leaves bigint, object_hashes text, leaf_hashes text, loose boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH object AS (
        SELECT o.type, o.object_id, pg_catalog.count(*) AS n, pg_catalog.max(o.at) AS at, pg_catalog.bool_or(o.loose) AS loose,
            CASE WHEN pg_catalog.count(o.sha256) = pg_catalog.count(*) THEN pg_catalog.string_agg(o.sha256, ' ' ORDER BY o.sha256 COLLATE "C") END AS hashes
        FROM audit.logged_objects() AS o GROUP BY o.type, o.object_id),
    leaf AS (
        SELECT l.type, l.object_id, pg_catalog.count(*) AS n, pg_catalog.max(l.at) AS at, pg_catalog.string_agg(l.sha256, ' ' ORDER BY l.sha256 COLLATE "C") AS hashes
        FROM (SELECT e.type, e.object_id, e.object_sha256, e.at FROM log.entry AS e
              UNION ALL
              SELECT w.payload ->> 'type', w.payload ->> 'id', w.payload ->> 'sha256', (w.payload ->> 'at')::timestamptz FROM log.outbox AS w
              WHERE w.topic = 'leaf' AND w.done_at IS NULL) AS l (type, object_id, sha256, at)
        GROUP BY l.type, l.object_id)
    SELECT COALESCE(o.type, l.type), COALESCE(o.object_id, l.object_id), audit.month_of(GREATEST(o.at, l.at)), COALESCE(o.n, 0), COALESCE(l.n, 0), o.hashes, l.hashes,
        COALESCE(o.loose, false)
    FROM object AS o FULL JOIN leaf AS l ON l.type = o.type AND l.object_id = o.object_id;
$$;
