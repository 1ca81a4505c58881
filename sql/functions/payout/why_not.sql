-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: per split step, what a member's own figures do not meet: the words a statement without a line shows.
-- Outcomes: array.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.why_not(p_rule jsonb, p_own jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('step', s->>'id', 'passes', x.failed IS NULL, 'failed', x.failed, 'has', x.has, 'needs', x.needs)), '[]')
    FROM pg_catalog.jsonb_array_elements(p_rule->'steps') AS s LEFT JOIN LATERAL (
        SELECT * FROM (
            SELECT 1 AS o, 'listed' AS failed, NULL::jsonb AS has, NULL::jsonb AS needs WHERE p_own IS NULL
            UNION ALL SELECT 2, 'status', p_own->'status', s->'eligible'->'status'
                WHERE s->'eligible' ? 'status' AND NOT s->'eligible'->'status' ? (p_own->>'status')
            UNION ALL SELECT 3, 'window_units', p_own->'window_units', s->'eligible'->'min_units'
                WHERE (p_own->>'window_units')::numeric < (s->'eligible'->>'min_units')::numeric
            UNION ALL SELECT 4, 'distinct_licensees', p_own->'distinct_licensees', s->'eligible'->'min_distinct_licensees'
                WHERE (p_own->>'distinct_licensees')::numeric < (s->'eligible'->>'min_distinct_licensees')::numeric) AS f
        ORDER BY f.o LIMIT 1) AS x ON true
    WHERE s->>'kind' = 'split';
$$;
