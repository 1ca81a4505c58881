-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: counts a case for the body that decides it now. Council: voted*5 >= 3*seats, yes > no and yes >= 2. Board: half of
--          the seats, yes > no. Conditions by the same rule, item by item.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.count_case(p_case uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('seats', v.seats, 'voted', v.voted, 'yes', v.yes, 'no', v.no,
        'quorum', CASE c.body_name WHEN 'council' THEN v.voted * 5 >= 3 * v.seats ELSE v.voted * 2 >= v.seats AND v.voted > 0 END,
        'approved', v.yes > v.no AND (v.yes >= 2 OR c.body_name = 'board'),
        'conditions', (SELECT COALESCE(pg_catalog.jsonb_agg(k.condition ORDER BY k.n), '[]') FROM (
            SELECT i.condition, i.n FROM pg_catalog.jsonb_array_elements(c.conditions) WITH ORDINALITY AS i (condition, n)
            WHERE (SELECT pg_catalog.count(*) FILTER (WHERE (x.conditions -> (i.n - 1)::integer)::boolean)
                          > pg_catalog.count(*) FILTER (WHERE NOT (x.conditions -> (i.n - 1)::integer)::boolean)
                          AND (pg_catalog.count(*) FILTER (WHERE (x.conditions -> (i.n - 1)::integer)::boolean) >= 2 OR c.body_name = 'board')
                   FROM governance.council_vote AS x WHERE x.case_id = c.id AND x.body_name = c.body_name AND x.choice IS NOT NULL)) AS k))
    FROM governance.council_case AS c CROSS JOIN LATERAL (
        SELECT pg_catalog.count(*) FILTER (WHERE x.conflict IS NULL) AS seats, pg_catalog.count(x.choice) AS voted,
               pg_catalog.count(*) FILTER (WHERE x.choice = 'yes') AS yes, pg_catalog.count(*) FILTER (WHERE x.choice = 'no') AS no
        FROM governance.council_vote AS x WHERE x.case_id = c.id AND x.body_name = c.body_name) AS v
    WHERE c.id = p_case;
$$;
