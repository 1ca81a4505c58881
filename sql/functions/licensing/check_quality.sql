-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the quality part of a charter: known checks on columns of the schema, integer weights that sum to 1,000,000.
-- Outcomes: none; array of {pointer,detail}.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_quality(p_quality jsonb, p_schema jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_errors jsonb;
BEGIN
    IF pg_catalog.jsonb_typeof(p_quality) IS DISTINCT FROM 'array' OR pg_catalog.jsonb_array_length(p_quality) NOT BETWEEN 1 AND 32 THEN
        RETURN pg_catalog.jsonb_build_array(licensing.field_error('/quality', 'a list of 1 to 32 checks'));
    END IF;
    SELECT COALESCE(pg_catalog.jsonb_agg(licensing.field_error(c.pointer, c.detail)), '[]') INTO v_errors FROM (
        SELECT '/quality/' || (q.n - 1) || '/check' AS pointer,
            'one of completeness, in_range, duplicates, gaps, cross_duplicates' AS detail
        FROM pg_catalog.jsonb_array_elements(p_quality) WITH ORDINALITY AS q (v, n)
        WHERE COALESCE(q.v ->> 'check' NOT IN ('completeness', 'in_range', 'duplicates', 'gaps', 'cross_duplicates'), true)
        UNION ALL
        SELECT '/quality/' || (q.n - 1) || '/weight', 'an integer from 1 to 1000000'
        FROM pg_catalog.jsonb_array_elements(p_quality) WITH ORDINALITY AS q (v, n)
        WHERE COALESCE(q.v ->> 'weight' !~ '^[1-9][0-9]{0,6}$', true)
        UNION ALL
        SELECT '/quality/' || (q.n - 1), 'members: check, weight and column (completeness), column, min, max (in_range), columns '
            '(duplicates, cross_duplicates), or column, step (gaps; an integer of seconds)'
        FROM pg_catalog.jsonb_array_elements(p_quality) WITH ORDINALITY AS q (v, n)
        WHERE (SELECT pg_catalog.array_agg(k ORDER BY k COLLATE "C") FROM pg_catalog.jsonb_object_keys(
                CASE pg_catalog.jsonb_typeof(q.v) WHEN 'object' THEN q.v ELSE '{}' END) AS k) IS DISTINCT FROM
            CASE q.v ->> 'check' WHEN 'completeness' THEN ARRAY['check', 'column', 'weight']
                WHEN 'in_range' THEN ARRAY['check', 'column', 'max', 'min', 'weight'] WHEN 'gaps' THEN ARRAY['check', 'column', 'step', 'weight']
                ELSE ARRAY['check', 'columns', 'weight'] END
            OR COALESCE(q.v ->> 'step', '1') !~ '^[1-9][0-9]{0,8}$' OR COALESCE(q.v ->> 'min', '0') !~ '^-?[0-9]+(\.[0-9]+)?$'
            OR COALESCE(q.v ->> 'max', '0') !~ '^-?[0-9]+(\.[0-9]+)?$' OR q.v -> 'columns' = '[]'
        UNION ALL
        SELECT '/quality/' || (q.n - 1), 'names a column the schema does not have'
        FROM pg_catalog.jsonb_array_elements(p_quality) WITH ORDINALITY AS q (v, n)
        WHERE EXISTS (
            SELECT q.v ->> 'column' WHERE q.v ? 'column'
            UNION ALL
            SELECT e.name FROM pg_catalog.jsonb_array_elements_text(
                CASE pg_catalog.jsonb_typeof(q.v -> 'columns') WHEN 'array' THEN q.v -> 'columns' ELSE '[]' END) AS e (name)
            EXCEPT
            SELECT f.v ->> 'name' FROM pg_catalog.jsonb_array_elements(COALESCE(p_schema -> 'fields', '[]')) AS f (v))
    ) AS c;
    IF v_errors = '[]' AND (SELECT pg_catalog.sum((q.v ->> 'weight')::integer) FROM pg_catalog.jsonb_array_elements(p_quality) AS q (v))
        <> 1000000 THEN
        v_errors := pg_catalog.jsonb_build_array(licensing.field_error('/quality', 'the weights do not sum to 1000000'));
    END IF;
    RETURN v_errors;
END
$$;
