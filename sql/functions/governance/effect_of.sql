-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the effect of a proposal, in the version it has now; NULL when there is none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.effect_of(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.effect FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version WHERE p.id = p_id;
$$;
