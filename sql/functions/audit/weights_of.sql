-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A5: who weighs in each part of the splits of the run at work (payout.md 7.4, 7.5): recipients, through their contributions where the part goes
--          on to them. heavy: the weight does not vanish where floors and caps are shared by weights of 2^50.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.weights_of() RETURNS TABLE (step text, part integer, recipient text, heavy boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS MATERIALIZED (SELECT s.* FROM audit.work_split AS s),
    person AS MATERIALIZED (SELECT r.* FROM audit.recipients_of() AS r),
    share AS MATERIALIZED (
        SELECT p.step, o.contribution AS id, o.recipient, o.share, pg_catalog.sum(o.share) OVER (PARTITION BY p.step, o.contribution) AS shares
        FROM (SELECT DISTINCT s.step, s.statuses FROM part AS s WHERE s.through) AS p CROSS JOIN audit.work_contributor AS o JOIN person AS r ON r.id = o.recipient
        WHERE o.share > 0 AND (p.statuses IS NULL OR p.statuses ? r.status)),
    direct AS (
        SELECT p.step, p.part, p.alone, r.id, CASE p.weight WHEN 'usage' THEN r.units WHEN 'usage*quality' THEN r.units * r.quality_ppm WHEN 'equal' THEN r.equal WHEN 'tenure' THEN r.tenure
            ELSE r.external END AS weight
        FROM part AS p CROSS JOIN person AS r
        WHERE NOT p.through AND (p.statuses IS NULL OR p.statuses ? r.status) AND r.window_units >= p.min_units AND r.distinct_licensees >= p.min_licensees),
    through AS (
        SELECT p.step, p.part, c.id, CASE p.weight WHEN 'usage' THEN c.units WHEN 'usage*quality' THEN c.units::numeric * c.quality_ppm WHEN 'equal' THEN 1 ELSE c.external END AS weight
        FROM part AS p CROSS JOIN audit.work_contribution AS c
        WHERE p.through AND c.window_units >= p.min_units AND c.distinct_licensees >= p.min_licensees AND EXISTS (SELECT FROM share AS s WHERE s.step = p.step AND s.id = c.id))
    SELECT d.step, d.part, d.id, d.alone OR d.weight * 1125899906842624 >= pg_catalog.sum(d.weight) OVER (PARTITION BY d.step, d.part) FROM direct AS d WHERE d.weight > 0
    UNION ALL
    SELECT t.step, t.part, s.recipient, pg_catalog.div(t.weight * 1125899906842624, t.weights) * s.share >= s.shares
    FROM (SELECT h.*, pg_catalog.sum(h.weight) OVER (PARTITION BY h.step, h.part) AS weights FROM through AS h WHERE h.weight > 0) AS t JOIN share AS s ON s.step = t.step AND s.id = t.id;
$$;
