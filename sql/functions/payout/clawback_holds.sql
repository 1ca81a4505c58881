-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: which holds pay the held part of a clawback's lines, oldest first, and how much of each.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.clawback_holds(p_clawback uuid) RETURNS TABLE (hold uuid, path text, taken bigint, rest bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT x.id, payout.hold_path(x.member_id, x.reason), x.taken, x.minor - x.taken
    FROM (SELECT h.id, h.member_id, h.reason, h.minor, LEAST(h.minor, l.held - COALESCE(pg_catalog.sum(h.minor) OVER (PARTITION BY h.member_id ORDER BY h.since, h.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))::bigint AS taken
        FROM payout.clawback_line AS l JOIN payout.hold AS h ON h.member_id = CASE WHEN l.id !~ ':' THEN l.id::uuid END AND h.released_at IS NULL AND h.reason <> 'Unclaimed'
        WHERE l.clawback = p_clawback AND l.held > 0) AS x
    WHERE x.taken > 0;
$$;
