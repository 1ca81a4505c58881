-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a frozen election has no more candidates than seats: they are elected without a vote.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_uncontested(p governance.proposal) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.proposal_sha256 IS NOT NULL AND e.effect ->> 'schema' = 'seats'
        AND pg_catalog.jsonb_array_length(e.effect -> 'candidates') BETWEEN 1 AND (e.effect ->> 'seats')::integer
    FROM (SELECT governance.effect_of(p.id) AS effect) AS e;
$$;
