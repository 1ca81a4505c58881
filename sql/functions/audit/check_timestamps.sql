-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: T4 for what had to be timestamped by p_as_of: each close of a period within a day, and whatever was published within eight (weekly, and a day to
--          come there).
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_timestamps(p_as_of timestamptz) RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH stamped AS (
        SELECT COALESCE(pg_catalog.max(t.size), 0) AS size FROM log.timestamp AS t JOIN log.checkpoint AS c ON c.size = t.size AND c.root = t.root)
    SELECT 'period', e.object_id, 'timestamp', 'a token', 'none', 'no authority has said when this was closed: does the worker reach it?'
    FROM log.entry AS e CROSS JOIN stamped AS s WHERE e.type = 'period' AND e.index >= s.size AND e.at < p_as_of - interval '1 day'
    UNION ALL
    SELECT 'log', 'timestamps', 'size', pg_catalog.max(c.size)::text, s.size::text, 'no authority has said when this was published: does the worker reach it?'
    FROM log.checkpoint AS c CROSS JOIN stamped AS s WHERE c.size > s.size AND c.at < p_as_of - interval '8 days' GROUP BY s.size;
$$;
