-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A5 for the lines of one run, step by step: nobody has a share of a split who does not weigh in it by the own figures and has no
--          floor; nobody is above the cap, nor below the floor where all floors are paid for; and what went to leftover_to is what empty parts
--          had, and what all who weigh could not take for their caps. What each share is A3 says; this asks whether it may be.
--          Nobody counted what lies in the work tables: so all rows are joined at once.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_shares(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH part AS MATERIALIZED (SELECT s.*, s.floor > 0 OR s.cap IS NOT NULL AS clamped FROM audit.work_split AS s),
    weighed AS MATERIALIZED (SELECT w.* FROM audit.weights_of() AS w),
    weight AS MATERIALIZED (SELECT w.step, w.recipient, pg_catalog.bool_or(w.heavy) AS heavy FROM weighed AS w GROUP BY w.step, w.recipient),
    filled AS MATERIALIZED (SELECT DISTINCT w.step, w.part FROM weighed AS w),
    step AS MATERIALIZED (
        SELECT p.step, p.whole, p.statuses, p.min_units, p.min_licensees, p.floor, p.cap, p.clamped, p.leftover,
            COALESCE(pg_catalog.sum(p.amount) FILTER (WHERE f.part IS NULL), 0) AS empty, COALESCE(pg_catalog.sum(p.amount) FILTER (WHERE f.part IS NOT NULL), 0) AS pot
        FROM part AS p LEFT JOIN filled AS f ON f.step = p.step AND f.part = p.part GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9),
    person AS MATERIALIZED (
        SELECT s.step, r.id, COALESCE(w.heavy, false) AS heavy, w.recipient IS NOT NULL AS weighs, s.floor > 0 AND (COALESCE(w.heavy, false) OR (s.statuses IS NULL OR s.statuses ? r.status)
            AND r.window_units >= s.min_units AND r.distinct_licensees >= s.min_licensees) AS floored
        FROM step AS s CROSS JOIN audit.recipients_of() AS r LEFT JOIN weight AS w ON w.step = s.step AND w.recipient = r.id),
    clamp AS MATERIALIZED (
        SELECT s.*, s.floor * x.floored <= s.pot AS funded, CASE WHEN NOT s.clamped THEN 0 WHEN s.floor * x.floored > s.pot OR x.heavy > 0 AND s.cap IS NULL THEN 0
            ELSE GREATEST(0, s.pot - COALESCE(s.cap * x.heavy, 0) - s.floor * x.light) END AS capped
        FROM step AS s CROSS JOIN LATERAL (SELECT pg_catalog.count(*) FILTER (WHERE p.floored) AS floored, pg_catalog.count(*) FILTER (WHERE p.heavy) AS heavy,
            pg_catalog.count(*) FILTER (WHERE p.floored AND NOT p.heavy) AS light FROM person AS p WHERE p.step = s.step) AS x)
    SELECT 'run_line', p_unit || '/' || p.id, x.aspect || ' in step ' || c.step, x.expected::text, COALESCE(g.amount, 0)::text, (COALESCE(g.amount, 0) - x.expected)::bigint, 'member', x.about
    FROM clamp AS c JOIN person AS p ON p.step = c.step LEFT JOIN audit.work_step AS g ON g.step = c.step AND g.id = p.id CROSS JOIN LATERAL (VALUES
        ('eligibility', CASE WHEN g.amount > 0 AND NOT p.weighs AND NOT p.floored THEN 0 END, 'somebody who is not eligible, or weighs nothing, has a share'),
        ('cap', CASE WHEN g.amount > c.cap AND (p.weighs OR p.floored) THEN c.cap END, 'a share is above the cap'),
        ('floor', CASE WHEN c.clamped AND c.funded AND p.floored AND COALESCE(g.amount, 0) < c.floor THEN c.floor END, 'a share is below the floor')) AS x (aspect, expected, about)
    WHERE x.expected IS NOT NULL
    UNION ALL
    SELECT 'run', p_unit, 'leftover in step ' || c.step, (c.empty + c.capped)::text, c.leftover::text, (c.leftover - c.empty - c.capped)::bigint, 'trust',
        'another sum was left over than empty parts and caps leave: look at the fund the step names'
    FROM clamp AS c WHERE c.leftover <> c.empty + c.capped;
$$;
