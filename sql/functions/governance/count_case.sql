-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: counts a case for the body that decides it now. Council: voted*5 >= 3*seats, yes > no and yes >= 2. Board: half of
--          the seats, yes > no. Conditions by the same rule, item by item. pending: votes of seats without conflict that are not there
--          yet, on the case or on a condition.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.count_case(p_case uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH subject AS (
        SELECT c.id, c.body_name, governance.conditions_of(c.id) AS conditions FROM governance.council_case AS c WHERE c.id = p_case
    ), seat AS (
        SELECT x.seat, x.choice, x.conditions FROM governance.council_vote AS x JOIN subject AS s ON x.case_id = s.id AND x.body_name = s.body_name
        WHERE x.conflict IS NULL
    ), item AS (
        SELECT 0 AS n, NULL::jsonb AS condition UNION ALL
        SELECT i.n::integer, i.condition FROM subject AS s, pg_catalog.jsonb_array_elements(s.conditions) WITH ORDINALITY AS i (condition, n)
    ), vote AS (
        SELECT i.n, i.condition, CASE WHEN i.n = 0 THEN t.choice = 'yes'
                   ELSE COALESCE((t.conditions -> (i.n - 1))::boolean, (SELECT v.accept FROM governance.condition_vote AS v
                       WHERE v.case_id = p_case AND v.body_name = s.body_name AND v.seat = t.seat AND v.n = i.n)) END AS yes
        FROM subject AS s CROSS JOIN item AS i LEFT JOIN seat AS t ON true
    ), counted AS (
        SELECT v.n, v.condition, (SELECT pg_catalog.count(*) FROM seat) AS seats, pg_catalog.count(v.yes) AS voted,
               pg_catalog.count(*) FILTER (WHERE v.yes) AS yes, pg_catalog.count(*) FILTER (WHERE NOT v.yes) AS no
        FROM vote AS v GROUP BY v.n, v.condition
    ), judged AS (
        SELECT k.*, CASE s.body_name WHEN 'council' THEN k.voted * 5 >= 3 * k.seats ELSE k.voted * 2 >= k.seats AND k.voted > 0 END AS quorum,
               k.yes > k.no AND (k.yes >= 2 OR s.body_name = 'board') AS approved
        FROM counted AS k CROSS JOIN subject AS s
    )
    SELECT pg_catalog.jsonb_build_object('seats', j.seats, 'voted', j.voted, 'yes', j.yes, 'no', j.no, 'quorum', j.quorum, 'approved', j.approved,
        'pending', (SELECT pg_catalog.sum(k.seats - k.voted) FROM judged AS k),
        'items', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('yes', k.yes, 'no', k.no, 'kept', k.quorum AND k.approved) ORDER BY k.n), '[]')
                  FROM judged AS k WHERE k.n > 0),
        'conditions', (SELECT COALESCE(pg_catalog.jsonb_agg(k.condition ORDER BY k.n) FILTER (WHERE k.quorum AND k.approved), '[]') FROM judged AS k WHERE k.n > 0))
    FROM judged AS j WHERE j.n = 0;
$$;
