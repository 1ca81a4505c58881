-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what there is to choose from in an election or a budget round, as its ballot would have it now; NULL of other proposals.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_options(p governance.proposal) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE e.effect ->> 'schema' WHEN 'seats' THEN governance.list_candidates(p)
        WHEN 'budget_awards' THEN governance.list_ballot_projects((e.effect -> 'pot' ->> 'minor')::bigint) END
    FROM (SELECT governance.effect_of(p.id) AS effect) AS e;
$$;
