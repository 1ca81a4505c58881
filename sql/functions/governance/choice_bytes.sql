-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the length that the choices of a vote are padded to; NULL before its candidates or projects are known. (plpgsql: the plan is kept, each
--          ballot asks.)
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.choice_bytes(p governance.proposal) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE p.rule ->> 'method' WHEN 'rule' THEN 32
        WHEN 'scottish-stv' THEN 16 + 4 * pg_catalog.jsonb_array_length(governance.effect_of(p.id) -> 'candidates')
        WHEN 'knapsack' THEN 16 + 6 * pg_catalog.jsonb_array_length(governance.effect_of(p.id) -> 'projects') END;
END
$$;
