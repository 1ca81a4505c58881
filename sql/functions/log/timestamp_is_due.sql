-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether the newest checkpoint is to be timestamped: a period was closed under it and not under the last that was, or, where p_age is
--          given, the last timestamp is older than that.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.timestamp_is_due(p_age interval) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(c.size > COALESCE(s.size, -1) AND (
        EXISTS (SELECT FROM log.entry AS e WHERE e.type = 'period' AND e.index >= COALESCE(s.size, 0) AND e.index < c.size)
        OR (p_age IS NOT NULL AND COALESCE(s.at < pg_catalog.clock_timestamp() - p_age, true))), false)
    FROM (SELECT pg_catalog.max(x.size) FROM log.checkpoint AS x) AS c (size)
    LEFT JOIN LATERAL (SELECT y.size, y.at FROM log.timestamp AS y JOIN log.checkpoint AS k ON k.size = y.size AND k.root = y.root
                       ORDER BY y.size DESC LIMIT 1) AS s ON true;
$$;
