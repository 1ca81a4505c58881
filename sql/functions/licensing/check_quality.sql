-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the quality part of a charter: known checks on columns of the schema that can be checked so, integer weights that sum to
--          1,000,000. As strict as core/quality.c, which reads the charter when a contribution is validated.
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
    WITH item AS (
        SELECT '/quality/' || (q.n - 1) AS at, q.v ->> 'check' AS kind, q.v, q.v ? 'columns' AND pg_catalog.jsonb_typeof(q.v -> 'columns') <> 'array' AS torn,
            CASE WHEN pg_catalog.jsonb_typeof(q.v -> 'columns') = 'array' THEN q.v -> 'columns'
                 WHEN q.v ? 'column' THEN pg_catalog.jsonb_build_array(q.v -> 'column') ELSE '[]' END AS columns,
            (SELECT pg_catalog.array_agg(k ORDER BY k COLLATE "C") FROM pg_catalog.jsonb_object_keys(
                CASE pg_catalog.jsonb_typeof(q.v) WHEN 'object' THEN q.v ELSE '{}' END) AS k) AS members
        FROM pg_catalog.jsonb_array_elements(p_quality) WITH ORDINALITY AS q (v, n)),
    named AS (
        SELECT i.at, i.kind, c.v, f.v ->> 'type' AS type, pg_catalog.count(*) OVER (PARTITION BY i.at, c.v) > 1 AS twice
        FROM item AS i CROSS JOIN pg_catalog.jsonb_array_elements(i.columns) AS c (v)
        LEFT JOIN pg_catalog.jsonb_array_elements(COALESCE(p_schema -> 'fields', '[]')) AS f (v) ON f.v -> 'name' = c.v),
    fault AS (
        SELECT i.at || '/check' AS pointer, 'one of completeness, in_range, duplicates, gaps, cross_duplicates' AS detail FROM item AS i
        WHERE COALESCE(i.kind NOT IN ('completeness', 'in_range', 'duplicates', 'gaps', 'cross_duplicates'), true)
        UNION ALL
        SELECT i.at || '/weight', 'an integer from 1 to 1000000' FROM item AS i
        WHERE COALESCE(pg_catalog.jsonb_typeof(i.v -> 'weight') <> 'number' OR i.v ->> 'weight' !~ '^([1-9][0-9]{0,5}|1000000)$', true)
        UNION ALL
        SELECT i.at, 'members: check, weight and column (completeness), column, min, max (in_range), columns '
            '(duplicates, cross_duplicates), or column, step (gaps)' FROM item AS i
        WHERE i.torn OR i.columns = '[]' OR i.members IS DISTINCT FROM
            CASE i.kind WHEN 'completeness' THEN ARRAY['check', 'column', 'weight']
                WHEN 'in_range' THEN ARRAY['check', 'column', 'max', 'min', 'weight'] WHEN 'gaps' THEN ARRAY['check', 'column', 'step', 'weight']
                ELSE ARRAY['check', 'columns', 'weight'] END
        UNION ALL
        SELECT i.at || '/step', 'an integer of seconds, at most 366 days' FROM item AS i
        WHERE i.kind = 'gaps' AND COALESCE(pg_catalog.jsonb_typeof(i.v -> 'step') <> 'number' OR i.v ->> 'step' !~ '^[1-9][0-9]{0,7}$'
            OR (i.v ->> 'step')::numeric > 366 * 86400, true)
        UNION ALL
        SELECT i.at || '/' || b.name, 'an integer, or a decimal number as a string' FROM item AS i, (VALUES ('min'), ('max')) AS b (name)
        WHERE i.kind = 'in_range' AND NOT licensing.is_bound(i.v -> b.name)
        UNION ALL
        SELECT i.at || '/max', 'is below min' FROM item AS i
        WHERE i.kind = 'in_range' AND CASE WHEN licensing.is_bound(i.v -> 'min') AND licensing.is_bound(i.v -> 'max')
            THEN (i.v ->> 'min')::numeric > (i.v ->> 'max')::numeric ELSE false END
        UNION ALL
        SELECT n.at, CASE WHEN n.type IS NULL THEN 'names a column the schema does not have' WHEN n.twice THEN 'names a column twice'
            WHEN n.kind = 'gaps' THEN 'needs a datetime column' ELSE 'needs a number or integer column' END FROM named AS n
        WHERE n.type IS NULL OR n.twice OR n.kind = 'gaps' AND n.type <> 'datetime' OR n.kind = 'in_range' AND n.type NOT IN ('number', 'integer'))
    SELECT COALESCE(pg_catalog.jsonb_agg(licensing.field_error(f.pointer, f.detail)), '[]') INTO v_errors FROM fault AS f;
    IF v_errors = '[]' AND (SELECT pg_catalog.sum((q.v ->> 'weight')::integer) FROM pg_catalog.jsonb_array_elements(p_quality) AS q (v))
        <> 1000000 THEN
        v_errors := pg_catalog.jsonb_build_array(licensing.field_error('/quality', 'the weights do not sum to 1000000'));
    END IF;
    RETURN v_errors;
END
$$;
