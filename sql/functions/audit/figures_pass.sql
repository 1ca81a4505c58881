-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether the window figures of a recipient or contribution reach what a split demands.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.figures_pass(p_step jsonb, p_window_units bigint, p_licensees bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_window_units >= COALESCE((p_step->'eligible'->>'min_units')::bigint, 0)
        AND p_licensees >= COALESCE((p_step->'eligible'->>'min_distinct_licensees')::bigint, 0);
$$;
