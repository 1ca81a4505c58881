-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whom an election chose, in the order of their election: the winners of its count; of one that was uncontested all its candidates.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.elected(p_id uuid) RETURNS TABLE (member_id uuid, place bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (c.value ->> 'member_id')::uuid, COALESCE(w.place, (c.value ->> 'number')::bigint)
    FROM pg_catalog.jsonb_array_elements(governance.effect_of(p_id) -> 'candidates') AS c
    LEFT JOIN governance.tally AS t ON t.proposal_id = p_id
    LEFT JOIN LATERAL pg_catalog.jsonb_array_elements(t.result -> 'winners') WITH ORDINALITY AS w (number, place) ON w.number = c.value -> 'number'
    WHERE t.proposal_id IS NULL OR w.place IS NOT NULL;
$$;
