-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: proposals that money rests on, whose votes are A2's: enacted benefit rules, and resolutions that bookings name. All other votes are those of
--          the GOV- checks.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.money_votes() RETURNS TABLE (id uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.id FROM governance.proposal AS p WHERE p.id IN (SELECT b.proposal_id FROM governance.benefit_rule AS b)
        OR p.id::text IN (SELECT t.resolution FROM payout.txn AS t WHERE t.resolution IS NOT NULL);
$$;
