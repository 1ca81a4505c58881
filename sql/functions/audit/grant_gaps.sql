-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: when a grant was not in force: spans with the reason. slack: an end by time alone, which may pass while a batch is made.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.grant_gaps(p_grant uuid, p_pool uuid) RETURNS TABLE (low timestamptz, high timestamptz, slack boolean, fault text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH step AS (
        SELECT e.to_state, e.at, COALESCE(pg_catalog.lead(e.at) OVER (ORDER BY e.seq), 'infinity') AS ended, pg_catalog.min(e.at) OVER () AS first
        FROM licensing.grant_event AS e WHERE e.grant_id = p_grant)
    SELECT '-infinity'::timestamptz, 'infinity'::timestamptz, false, 'no grant of the pool'
    WHERE NOT EXISTS (SELECT FROM licensing.data_grant AS g WHERE g.id = p_grant AND g.pool_id = p_pool)
    UNION ALL
    SELECT '-infinity', GREATEST(g.from_at, (SELECT pg_catalog.min(s.first) FROM step AS s)), false, 'not begun' FROM licensing.data_grant AS g WHERE g.id = p_grant
    UNION ALL
    SELECT g.until_at, 'infinity', true, 'over since ' || log.time_text(g.until_at) FROM licensing.data_grant AS g WHERE g.id = p_grant
    UNION ALL
    SELECT s.at, s.ended, false, s.to_state || ' since ' || log.time_text(s.at) FROM step AS s WHERE s.to_state <> 'active';
$$;
