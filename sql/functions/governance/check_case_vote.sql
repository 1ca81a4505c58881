-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is wrong with the form of a vote on a case, whichever part passes it on: [] or [{pointer, detail}].
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_case_vote(p_body jsonb, p_conditions integer) RETURNS jsonb
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pointer', w.pointer, 'detail', w.detail)), '[]')
    FROM (VALUES
        ('/choice', 'yes or no', COALESCE(p_body ->> 'choice' IN ('yes', 'no'), false)),
        ('/reason_code', 'one of: ' || pg_catalog.array_to_string(governance.case_reasons(), ', '),
            COALESCE(p_body ->> 'reason_code' = ANY (governance.case_reasons()), false)),
        ('/reason_text', 'a text of 1 to 10000 characters', COALESCE(pg_catalog.jsonb_typeof(p_body -> 'reason_text') = 'string'
            AND pg_catalog.length(pg_catalog.btrim(p_body ->> 'reason_text')) > 0 AND pg_catalog.length(p_body ->> 'reason_text') <= 10000, false)),
        ('/conditions', 'true or false for each of ' || p_conditions || ' conditions', CASE pg_catalog.jsonb_typeof(COALESCE(p_body -> 'conditions', '[]'))
            WHEN 'array' THEN pg_catalog.jsonb_array_length(COALESCE(p_body -> 'conditions', '[]')) = p_conditions
                AND NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(COALESCE(p_body -> 'conditions', '[]')) AS e
                                WHERE pg_catalog.jsonb_typeof(e) <> 'boolean') ELSE false END)
    ) AS w (pointer, detail, fine) WHERE NOT w.fine;
$$;
