-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one run; its totals are public.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_run(p_run uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', payout.run_json(r.id)) FROM payout.run AS r WHERE r.id = p_run), log.refusal('not_found', 'there is no such run'));
$$;
