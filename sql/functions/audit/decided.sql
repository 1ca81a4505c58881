-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A2 and GOV-T1: the decision rule (governance.md section 4) on counts {class: {roll, yes, no, abstain}}: the outcome, and behind it the class
--          it names. Of elections and budget rounds its checks of turnout alone.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.decided(p_rule jsonb, p_counts jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH rule AS (
        SELECT r.* FROM pg_catalog.jsonb_to_record(p_rule) AS r (q_num numeric, q_den numeric, cq_num numeric, cq_den numeric, s_num numeric, s_den numeric, s_strict boolean,
            cs_num numeric, cs_den numeric, cs_strict boolean, classes_needed integer, must_carry integer, ay_num numeric, ay_den numeric)),
    class AS (
        SELECT k.code, k.bit, n.roll, n.yes, n.yes + n.no AS decided, n.yes + n.no + n.abstain AS voted
        FROM (VALUES ('U', 1), ('W', 2), ('C', 4)) AS k (code, bit) CROSS JOIN LATERAL pg_catalog.jsonb_to_record(p_counts -> k.code) AS n (roll numeric, yes numeric, no numeric, abstain numeric)),
    judged AS (
        SELECT c.*, c.roll = 0 OR c.voted * r.cq_den >= r.cq_num * c.roll AS quorate,
            c.decided > 0 AND CASE WHEN r.cs_strict THEN c.yes * r.cs_den > r.cs_num * c.decided ELSE c.yes * r.cs_den >= r.cs_num * c.decided END AS carries
        FROM class AS c CROSS JOIN rule AS r),
    whole AS (
        SELECT pg_catalog.sum(j.roll) AS roll, pg_catalog.sum(j.yes) AS yes, pg_catalog.sum(j.decided) AS decided, pg_catalog.sum(j.voted) AS voted, pg_catalog.count(*) FILTER (WHERE j.carries) AS carrying,
            (pg_catalog.array_agg(j.code ORDER BY j.bit) FILTER (WHERE NOT j.quorate))[1] AS not_quorate
        FROM judged AS j)
    SELECT CASE WHEN w.voted * r.q_den < r.q_num * w.roll THEN 'no_quorum'
        WHEN w.not_quorate IS NOT NULL THEN 'no_class_quorum ' || w.not_quorate
        WHEN p_rule ->> 'method' IN ('scottish-stv', 'knapsack') THEN 'carried'
        WHEN w.decided = 0 OR w.yes * r.s_den < r.s_num * w.decided OR r.s_strict AND w.yes * r.s_den = r.s_num * w.decided THEN 'not_supported'
        WHEN b.code IS NOT NULL THEN 'class_blocked ' || b.code
        WHEN w.carrying < r.classes_needed THEN 'class_blocked'
        WHEN r.ay_den > 0 AND w.yes * r.ay_den < r.ay_num * w.roll THEN 'not_enough_approval'
        ELSE 'carried' END
    FROM rule AS r CROSS JOIN whole AS w
    LEFT JOIN LATERAL (SELECT j.code FROM judged AS j WHERE r.must_carry & j.bit <> 0 AND NOT j.carries ORDER BY j.bit LIMIT 1) AS b ON true;
$$;
