-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: base * num / den of a step by its rounding, exactly.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.rounded(p_base numeric, p_step jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE COALESCE(p_step->>'round', 'down')
        WHEN 'down' THEN pg_catalog.div(p_base * x.num, x.den)
        WHEN 'up' THEN pg_catalog.div(p_base * x.num + x.den - 1, x.den)
        WHEN 'half_up' THEN pg_catalog.div(2 * p_base * x.num + x.den, 2 * x.den) END
    FROM (SELECT (p_step->>'num')::numeric AS num, (p_step->>'den')::numeric AS den) AS x;
$$;
