-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is paid at least: hold.min_payout of the benefit rule in force, else hold.minimum_payout of the charter.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.minimum_payout() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN COALESCE((SELECT (b.doc->'hold'->>'min_payout')::bigint FROM governance.benefit_rule_in_force AS b
            WHERE b.from_at <= pg_catalog.now() AND (b.until_at IS NULL OR b.until_at > pg_catalog.now()) ORDER BY b.from_at DESC LIMIT 1),
        (SELECT (c.doc->'hold'->'minimum_payout'->>'minor')::bigint FROM governance.charter_in_force AS c), 1000);
END
$$;
