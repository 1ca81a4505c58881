-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is wrong with a condition proposed in a case: [] or [{pointer, detail}].
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_condition(p_case governance.council_case, p_condition jsonb, p_others jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id text := p_condition ->> 'id';
    v_errors jsonb := '[]';
BEGIN
    IF pg_catalog.jsonb_typeof(p_condition -> 'id') IS DISTINCT FROM 'string' OR v_id !~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' THEN
        v_errors := v_errors || '[{"pointer": "/condition/id", "detail": "a word of at most 64 letters, digits, dots, dashes and underscores"}]'::jsonb;
    ELSIF EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_others) AS o WHERE o ->> 'id' = v_id) THEN
        v_errors := v_errors || '[{"pointer": "/condition/id", "detail": "another condition of this case has this id"}]'::jsonb;
    END IF;
    IF p_case.kind <> 'application' THEN
        IF (SELECT pg_catalog.count(*) FROM pg_catalog.jsonb_object_keys(p_condition)) <> 2 OR pg_catalog.jsonb_typeof(p_condition -> 'text') IS DISTINCT FROM 'string'
           OR pg_catalog.length(pg_catalog.btrim(p_condition ->> 'text')) NOT BETWEEN 1 AND 2000 THEN
            v_errors := v_errors || '[{"pointer": "/condition/text", "detail": "a condition is {id, text}, the text of 1 to 2000 characters"}]'::jsonb;
        END IF;
        RETURN v_errors;
    END IF;
    -- A condition narrows what the ones before it leave: all are given, and what is said about the last is ours.
    RETURN v_errors || (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('detail', e ->> 'detail',
               'pointer', '/condition' || pg_catalog.regexp_replace(COALESCE(e ->> 'pointer', ''), '^/[0-9]+', ''))), '[]')
        FROM pg_catalog.jsonb_array_elements(licensing.check_conditions(p_case.subject, p_others || pg_catalog.jsonb_build_array(p_condition)) -> 'errors') AS e
        WHERE COALESCE(e ->> 'pointer', '') ~ ('^(/' || pg_catalog.jsonb_array_length(p_others) || '(/.*)?)?$'));
END
$$;
