-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the decision rule in SQL (of elections and budget rounds its checks of turnout alone), for the recount of what the worker counted in C; core/decide.c says the same and both are
--          compared on random tallies. {outcome, state, class, reason, totals, carried_classes}.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.decide(p_rule jsonb, p_counts jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH rule AS (
        SELECT r.* FROM pg_catalog.jsonb_to_record(p_rule) AS r (q_num bigint, q_den bigint, cq_num bigint, cq_den bigint, s_num bigint,
            s_den bigint, s_strict boolean, cs_num bigint, cs_den bigint, cs_strict boolean, classes_needed bigint, must_carry integer,
            ay_num bigint, ay_den bigint)
    ), counted AS (
        SELECT o.i::integer AS i, o.code, v.roll AS e, v.yes AS y, v.no AS n, v.abstain AS a, v.yes + v.no + v.abstain AS v, v.yes + v.no AS d
        FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) WITH ORDINALITY AS o (code, i)
        CROSS JOIN LATERAL pg_catalog.jsonb_to_record(p_counts -> o.code) AS v (roll bigint, yes bigint, no bigint, abstain bigint)
    ), class AS (
        SELECT c.*, c.d > 0 AND (c.y * r.cs_den > r.cs_num * c.d OR (NOT r.cs_strict AND c.y * r.cs_den = r.cs_num * c.d)) AS carries
        FROM counted AS c CROSS JOIN rule AS r
    ), total AS (
        SELECT pg_catalog.sum(e)::bigint AS e, pg_catalog.sum(y)::bigint AS y, pg_catalog.sum(n)::bigint AS n, pg_catalog.sum(a)::bigint AS a,
               pg_catalog.sum(v)::bigint AS v, pg_catalog.sum(d)::bigint AS d, pg_catalog.count(*) FILTER (WHERE carries) AS carrying
        FROM class
    ), failed (step, check_no, outcome, class, lhs, op, rhs) AS (
        SELECT 10, 1, 'no_quorum', NULL, t.v * r.q_den, '>=', r.q_num * t.e FROM total AS t, rule AS r WHERE t.v * r.q_den < r.q_num * t.e
        UNION ALL
        SELECT 20 + c.i, 2, 'no_class_quorum', c.code, c.v * r.cq_den, '>=', r.cq_num * c.e
        FROM class AS c, rule AS r WHERE c.e > 0 AND c.v * r.cq_den < r.cq_num * c.e
        UNION ALL
        SELECT 30, 3, 'not_supported', NULL, t.y * r.s_den, CASE WHEN r.s_strict OR t.d = 0 THEN '>' ELSE '>=' END,
               CASE WHEN t.d = 0 THEN 0 ELSE r.s_num * t.d END
        FROM total AS t, rule AS r
        WHERE NOT (t.d > 0 AND (t.y * r.s_den > r.s_num * t.d OR (NOT r.s_strict AND t.y * r.s_den = r.s_num * t.d)))
        UNION ALL
        SELECT 40 + c.i, 4, 'class_blocked', c.code, CASE WHEN c.d = 0 THEN 0 ELSE c.y * r.cs_den END,
               CASE WHEN r.cs_strict OR c.d = 0 THEN '>' ELSE '>=' END, r.cs_num * c.d
        FROM class AS c, rule AS r WHERE r.must_carry & (1 << (c.i - 1)) <> 0 AND NOT c.carries
        UNION ALL
        SELECT 45, 4, 'class_blocked', NULL, t.carrying, '>=', r.classes_needed FROM total AS t, rule AS r WHERE t.carrying < r.classes_needed
        UNION ALL
        SELECT 50, 5, 'not_enough_approval', NULL, t.y * r.ay_den, '>=', r.ay_num * t.e
        FROM total AS t, rule AS r WHERE r.ay_den <> 0 AND t.y * r.ay_den < r.ay_num * t.e
        UNION ALL
        SELECT 60, 6, 'carried', NULL, NULL, NULL, NULL
    )
    SELECT pg_catalog.jsonb_build_object(
               'outcome', f.outcome,
               'state', CASE WHEN f.outcome = 'carried' THEN 'carried' WHEN f.check_no <= 2 THEN 'lapsed' ELSE 'rejected' END,
               'class', f.class,
               'reason', pg_catalog.jsonb_build_object('check', f.check_no, 'left', f.lhs, 'op', f.op, 'right', f.rhs),
               'totals', pg_catalog.jsonb_build_object('roll', t.e, 'yes', t.y, 'no', t.n, 'abstain', t.a),
               'carried_classes', COALESCE((SELECT pg_catalog.jsonb_agg(c.code ORDER BY c.i) FROM class AS c WHERE c.carries), '[]'))
    FROM failed AS f CROSS JOIN total AS t
    WHERE f.check_no IN (1, 2, 6) OR COALESCE(p_rule ->> 'method', 'rule') NOT IN ('scottish-stv', 'knapsack') ORDER BY f.step LIMIT 1;
$$;
