-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the first condition of a split's `eligible` that a recipient or contribution does not meet: its name, the figure it has and the one it
--          needs. A contribution has no status of its own.
-- Outcomes: at most one row.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.failed_figure(p_eligible jsonb, p_own jsonb) RETURNS TABLE (failed text, has jsonb, needs jsonb)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.failed, f.has, f.needs FROM (
        SELECT 1 AS o, 'listed' AS failed, NULL::jsonb AS has, NULL::jsonb AS needs WHERE p_own IS NULL
        UNION ALL SELECT 2, 'status', p_own->'status', p_eligible->'status'
            WHERE p_eligible ? 'status' AND p_own ? 'status' AND NOT p_eligible->'status' ? (p_own->>'status')
        UNION ALL SELECT 3, 'window_units', p_own->'window_units', p_eligible->'min_units'
            WHERE (p_own->>'window_units')::numeric < (p_eligible->>'min_units')::numeric
        UNION ALL SELECT 4, 'distinct_licensees', p_own->'distinct_licensees', p_eligible->'min_distinct_licensees'
            WHERE (p_own->>'distinct_licensees')::numeric < (p_eligible->>'min_distinct_licensees')::numeric) AS f
    ORDER BY f.o LIMIT 1;
$$;
