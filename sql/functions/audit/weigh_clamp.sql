-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: fills audit.work_clamp: for every recipient the weight v of payout.md 7.5 and its floor, the cap for all.
-- Outcomes: sum of the floors.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.weigh_clamp(p_step jsonb, p_cap numeric, p_floor numeric) RETURNS numeric
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    TRUNCATE audit.work_clamp;
    INSERT INTO audit.work_clamp (id, v, floor, cap)
    SELECT r.id, COALESCE(w.v, 0), CASE WHEN w.v > 0 OR (((SELECT p_step->'eligible'->'status') IS NULL OR (SELECT p_step->'eligible'->'status') ? r.status) AND r.window_units >= (SELECT COALESCE((p_step->'eligible'->>'min_units')::bigint, 0))
        AND r.distinct_licensees >= (SELECT COALESCE((p_step->'eligible'->>'min_distinct_licensees')::bigint, 0)))
        THEN LEAST(p_floor, p_cap) ELSE 0 END, p_cap
    FROM audit.work_recipient AS r LEFT JOIN (
        SELECT x.id, pg_catalog.sum(x.v) AS v FROM (
            SELECT s.id, CASE WHEN p.alone THEN s.weight ELSE p.share * s.scaled END AS v
            FROM (SELECT w.part, w.id, w.weight, pg_catalog.div(1125899906842624::numeric * w.weight, pg_catalog.sum(w.weight) OVER (PARTITION BY w.part)) AS scaled
                  FROM audit.work_weight AS w) AS s
            JOIN (SELECT q.ordinality - 1 AS part, (q.value->>'share')::numeric AS share, q.value->>'then' IS NULL AS direct,
                         q.value->>'then' IS NULL AND pg_catalog.jsonb_array_length(p_step->'parts') = 1 AS alone
                  FROM pg_catalog.jsonb_array_elements(p_step->'parts') WITH ORDINALITY AS q) AS p ON p.part = s.part
            WHERE p.direct
            UNION ALL
            SELECT e.recipient, (p_step->'parts'->s.part->>'share')::numeric * pg_catalog.div(s.scaled * e.share, e.shares)
            FROM (SELECT w.part, w.id, pg_catalog.div(1125899906842624::numeric * w.weight, pg_catalog.sum(w.weight) OVER (PARTITION BY w.part)) AS scaled
                  FROM audit.work_weight AS w) AS s
            JOIN (SELECT i.*, pg_catalog.sum(i.share) OVER (PARTITION BY i.contribution) AS shares FROM audit.eligible_share(p_step) AS i) AS e ON e.contribution = s.id
            WHERE p_step->'parts'->s.part->>'then' IS NOT NULL) AS x
        GROUP BY x.id) AS w ON w.id = r.id;
    RETURN (SELECT COALESCE(pg_catalog.sum(floor), 0) FROM audit.work_clamp);
END
$$;
