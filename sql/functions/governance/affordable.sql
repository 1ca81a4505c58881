-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: which projects of a budget round its pot pays for when nobody ranked them: a founding boards yes is for the whole list, so all are level, and the
--          cheaper comes first. Their numbers.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.affordable(p_effect jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    -- Ascending costs: what fits is all up to the first that does not.
    SELECT COALESCE(pg_catalog.jsonb_agg(c.number ORDER BY c.total), '[]')
    FROM (SELECT o.value -> 'number' AS number, pg_catalog.sum((o.value ->> 'cost')::bigint) OVER (ORDER BY (o.value ->> 'cost')::bigint, (o.value ->> 'number')::bigint) AS total
          FROM pg_catalog.jsonb_array_elements(p_effect -> 'projects') AS o) AS c
    WHERE c.total <= (p_effect -> 'pot' ->> 'minor')::bigint;
$$;
