-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how long money is held before it counts as unclaimed: hold.unclaimed_after_days of the rule in force, else the charter's
--          hold.unclaimed_after_seconds, else three years.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.unclaimed_after() RETURNS interval
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN COALESCE((SELECT (b.doc->'hold'->>'unclaimed_after_days')::bigint * '1 day'::interval FROM payout.rule_at(pg_catalog.now()) AS b),
        (SELECT (c.doc->'hold'->>'unclaimed_after_seconds')::bigint * '1 second'::interval FROM governance.charter_in_force AS c), '1095 days'::interval);
END
$$;
