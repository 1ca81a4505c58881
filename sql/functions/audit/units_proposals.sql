-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of the GOV- checks of votes: every proposal that was submitted, but those on which money rests, which are A2's.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_proposals(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.id::text, v.month::text, v.digest
    FROM audit.digest_votes(p_months, ARRAY(SELECT p.id FROM governance.proposal AS p WHERE p.state <> 'draft' AND p.id NOT IN (SELECT m.id FROM audit.money_votes() AS m))) AS v;
$$;
