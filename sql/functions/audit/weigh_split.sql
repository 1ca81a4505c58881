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
    WHERE p.value->>'then' IS NULL AND ((SELECT p_step->'eligible'->'status') IS NULL OR (SELECT p_step->'eligible'->'status') ? r.status) AND r.window_units >= (SELECT COALESCE((p_step->'eligible'->>'min_units')::bigint, 0))
        AND r.distinct_licensees >= (SELECT COALESCE((p_step->'eligible'->>'min_distinct_licensees')::bigint, 0));
    INSERT INTO audit.work_weight (part, id, weight)
    SELECT p.ordinality - 1, c.id, CASE p.value->>'weight' WHEN 'usage' THEN c.units WHEN 'usage*quality' THEN c.units::numeric * c.quality_ppm
        WHEN 'equal' THEN 1 WHEN 'external' THEN c.external END
    FROM pg_catalog.jsonb_array_elements(p_step->'parts') WITH ORDINALITY AS p, audit.work_contribution AS c
    WHERE p.value->>'then' IS NOT NULL AND c.window_units >= (SELECT COALESCE((p_step->'eligible'->>'min_units')::bigint, 0))
        AND c.distinct_licensees >= (SELECT COALESCE((p_step->'eligible'->>'min_distinct_licensees')::bigint, 0))
        AND c.id IN (SELECT k.contribution FROM audit.work_contributor AS k JOIN audit.work_recipient AS r ON r.id = k.recipient
            WHERE k.share > 0 AND ((SELECT p_step->'eligible'->'status') IS NULL OR (SELECT p_step->'eligible'->'status') ? r.status));
    DELETE FROM audit.work_weight WHERE weight = 0;
    RETURN (SELECT pg_catalog.count(*) FROM audit.work_weight);
END
$$;
