-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: fills audit.work_weight with the weights above zero of every part of a split.
-- Outcomes: number of weights.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.weigh_split(p_step jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    TRUNCATE audit.work_weight;
    INSERT INTO audit.work_weight (part, id, weight)
    SELECT p.ordinality - 1, r.id, CASE p.value->>'weight' WHEN 'usage' THEN r.units WHEN 'usage*quality' THEN r.units::numeric * r.quality_ppm
        WHEN 'equal' THEN r.equal WHEN 'tenure' THEN r.tenure WHEN 'external' THEN r.external END
    FROM pg_catalog.jsonb_array_elements(p_step->'parts') WITH ORDINALITY AS p, audit.work_recipient AS r
    WHERE p.value->>'then' IS NULL AND audit.status_counts(p_step, r.status) AND audit.figures_pass(p_step, r.window_units, r.distinct_licensees);
    INSERT INTO audit.work_weight (part, id, weight)
    SELECT p.ordinality - 1, c.id, CASE p.value->>'weight' WHEN 'usage' THEN c.units WHEN 'usage*quality' THEN c.units::numeric * c.quality_ppm
        WHEN 'equal' THEN 1 WHEN 'external' THEN c.external END
    FROM pg_catalog.jsonb_array_elements(p_step->'parts') WITH ORDINALITY AS p, audit.work_contribution AS c
    WHERE p.value->>'then' IS NOT NULL AND audit.figures_pass(p_step, c.window_units, c.distinct_licensees)
        AND c.id IN (SELECT e.contribution FROM audit.eligible_share(p_step) AS e);
    DELETE FROM audit.work_weight WHERE weight = 0;
    RETURN (SELECT pg_catalog.count(*) FROM audit.work_weight);
END
$$;
