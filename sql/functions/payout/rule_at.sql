-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the benefit rule in force at an instant: a version counts from its enactment or from its effective_from, 00:00 UTC, whichever is
--          later; of those that have begun the one voted last.
-- Outcomes: at most one row.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.rule_at(p_at timestamptz) RETURNS TABLE (rule text, version integer, sha256 text, resolution text, doc jsonb, canonical text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.rule, b.version, b.sha256, b.resolution, b.doc, b.canonical FROM governance.benefit_rule_in_force AS b
    WHERE GREATEST(b.from_at, ((b.doc->>'effective_from')::date)::timestamp AT TIME ZONE 'UTC') <= p_at
    ORDER BY b.from_at DESC, b.version DESC LIMIT 1;
$$;
