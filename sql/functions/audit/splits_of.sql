-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A5: the split steps of a run that gave something, with what each part had to share (payout.md 7.3) by its number, the step's
--          figures and its floor and cap.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.splits_of(p_run uuid)
RETURNS TABLE (step text, part integer, share numeric, weight text, through boolean, alone boolean, amount numeric, whole numeric, statuses jsonb, min_units numeric, min_licensees numeric, floor numeric, cap numeric, leftover numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH step AS (
        SELECT s.value AS step, (h.value ->> 'amount')::numeric AS whole, (h.value ->> 'leftover')::numeric AS leftover, r.run_id
        FROM payout.run AS r CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(audit.rule_of(r.id) -> 'steps') AS s
        JOIN LATERAL pg_catalog.jsonb_array_elements(r.head -> 'steps') AS h ON h.value ->> 'id' = s.value ->> 'id'
        WHERE r.id = p_run AND r.outcome = 'ok' AND s.value ->> 'kind' = 'split'),
    part AS (
        SELECT s.*, (p.ordinality - 1)::integer AS part, p.value AS rule, (p.value ->> 'share')::numeric AS share, pg_catalog.sum((p.value ->> 'share')::numeric) OVER w AS shares, pg_catalog.count(*) OVER w AS parts
        FROM step AS s CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(s.step -> 'parts') WITH ORDINALITY AS p WINDOW w AS (PARTITION BY s.step ->> 'id')),
    first AS (
        SELECT p.*, pg_catalog.div(p.whole * p.share, p.shares) AS quotient, pg_catalog.row_number() OVER (PARTITION BY p.step ->> 'id' ORDER BY pg_catalog.mod(p.whole * p.share, p.shares) DESC,
            pg_catalog.sha256(pg_catalog.convert_to(p.run_id, 'UTF8') || '\x00'::bytea || pg_catalog.convert_to((p.step ->> 'id') || '/' || p.part, 'UTF8'))) AS place
        FROM part AS p)
    SELECT f.step ->> 'id', f.part, f.share, f.rule ->> 'weight', f.rule ? 'then', f.parts = 1 AND NOT f.rule ? 'then',
        f.quotient + (f.place <= f.whole - pg_catalog.sum(f.quotient) OVER (PARTITION BY f.step ->> 'id'))::integer, f.whole, f.step #> '{eligible,status}',
        COALESCE((f.step #>> '{eligible,min_units}')::numeric, 0), COALESCE((f.step #>> '{eligible,min_distinct_licensees}')::numeric, 0),
        LEAST(COALESCE((f.step ->> 'floor_each')::numeric, 0), k.cap), k.cap, f.leftover
    FROM first AS f CROSS JOIN LATERAL (SELECT CASE pg_catalog.jsonb_typeof(f.step -> 'cap_each') WHEN 'number' THEN (f.step ->> 'cap_each')::numeric
        WHEN 'object' THEN pg_catalog.div(f.whole * (f.step #>> '{cap_each,num}')::numeric, (f.step #>> '{cap_each,den}')::numeric) END AS cap) AS k;
$$;
