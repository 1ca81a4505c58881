-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a proposal is an election with no more candidates than seats, which is held without a vote.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.is_uncontested(p_proposal uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT pg_catalog.jsonb_array_length(v.effect -> 'candidates') BETWEEN 1 AND (v.effect ->> 'seats')::integer
        FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
        WHERE p.id = p_proposal AND p.rule ->> 'method' = 'scottish-stv' AND v.effect ->> 'schema' = 'seats'), false);
$$;
