-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is paid at least at p_at: hold.min_payout of the benefit rule in force then, else hold.minimum_payout of the charter.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.minimum_payout(p_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT (b.doc->'hold'->>'min_payout')::bigint FROM audit.rule_in_force(p_at) AS b),
        (SELECT (c.doc->'hold'->'minimum_payout'->>'minor')::bigint FROM governance.charter_in_force AS c), 1000);
$$;
