-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: runs, newest first; totals are public.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_runs(p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT payout.page((SELECT pg_catalog.jsonb_agg(payout.run_json(x.id) ORDER BY x.id DESC) FROM (
        SELECT r.id FROM payout.run AS r WHERE p_after IS NULL OR r.id < p_after ORDER BY r.id DESC LIMIT p_limit) AS x), p_limit, 'id');
$$;
