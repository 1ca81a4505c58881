-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the newest job about a thing said of its progress, for the owners that show it.
-- Outcomes: none; NULL without one.
-- Locks: none.
CREATE OR REPLACE FUNCTION job.progress_of(p_kind text, p_key text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT j.progress || pg_catalog.jsonb_build_object('state', j.state, 'attempt', j.attempt)
    FROM job.job AS j WHERE j.kind = p_kind AND j.key = p_key ORDER BY j.id DESC LIMIT 1;
$$;
