-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A1: the benefit rule that was in force at an instant (payout.md 7.1): it counts from its enactment or from 00:00 UTC of
--          effective_from, whichever is later; of those that have begun the one enacted last.
-- Outcomes: at most one row.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.rule_in_force(p_at timestamptz) RETURNS SETOF governance.benefit_rule
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.* FROM governance.benefit_rule AS b
    WHERE b.from_at <= p_at AND COALESCE((b.doc ->> 'effective_from')::date::timestamp AT TIME ZONE 'UTC' <= p_at, true)
    ORDER BY b.from_at DESC, b.version DESC LIMIT 1;
$$;
