-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands against the result of an election or a budget round, held against the ballot and the number of ballots opened; NULL when nothing
--          does. The count itself is made in C, and anybody repeats it from what is published.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_result(p governance.proposal, p_result jsonb, p_ballots numeric) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_effect jsonb := governance.effect_of(p.id);
    v_options jsonb := COALESCE(v_effect -> 'candidates', v_effect -> 'projects');
    v_chosen jsonb := COALESCE(p_result -> 'winners', p_result -> 'selected');
    v_most integer := COALESCE((v_effect ->> 'seats')::integer, pg_catalog.jsonb_array_length(v_options));
BEGIN
    RETURN CASE
        WHEN (p.rule ->> 'method' = 'rule') <> (p_result IS NULL) THEN 'a result belongs to elections and budget rounds'
        WHEN p_result IS NULL THEN NULL
        WHEN p_result ->> 'method' IS DISTINCT FROM p.rule ->> 'method' OR v_chosen IS NULL THEN 'it was counted by another method'
        WHEN (SELECT pg_catalog.count(DISTINCT c.value) <> pg_catalog.count(*) OR pg_catalog.count(*) > v_most FROM pg_catalog.jsonb_array_elements(v_chosen) AS c)
             OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_chosen) AS c
                        WHERE NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_options) AS o WHERE o.value -> 'number' = c.value))
            THEN 'it chooses what is not on the ballot, or more than there is room for'
        WHEN (SELECT pg_catalog.sum((o.value ->> 'cost')::bigint) FROM pg_catalog.jsonb_array_elements(v_options) AS o WHERE v_chosen @> (o.value -> 'number'))
             > (v_effect -> 'pot' ->> 'minor')::bigint THEN 'it spends more than the pot'
        WHEN (p_result ->> 'valid')::bigint + COALESCE((p_result ->> 'invalid')::bigint, 0) > p_ballots THEN 'it counts more ballots than were opened' END;
END
$$;
