-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: per split step, whether a member's own figures pass and which does not, and the same of the member's contributions where the step weighs
--          contributions: the words a statement shows. p_part is payout.own_part.
-- Outcomes: array.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.why_not(p_rule jsonb, p_part jsonb, p_member uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('step', s->>'id', 'passes', x.failed IS NULL, 'failed', x.failed, 'has', x.has, 'needs', x.needs,
        'contributions', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', c->>'id', 'passes', y.failed IS NULL, 'failed', y.failed, 'has', y.has,
                'needs', y.needs)), '[]')
            FROM pg_catalog.jsonb_array_elements(p_part->'contributions') AS c LEFT JOIN LATERAL payout.failed_figure(s->'eligible', c) AS y ON true
            WHERE s @? '$.parts[*].then'))), '[]')
    FROM pg_catalog.jsonb_array_elements(p_rule->'steps') AS s
    LEFT JOIN LATERAL payout.failed_figure(s->'eligible', (SELECT r FROM pg_catalog.jsonb_array_elements(p_part->'recipients') AS r WHERE r->>'id' = p_member::text)) AS x ON true
    WHERE s->>'kind' = 'split';
$$;
