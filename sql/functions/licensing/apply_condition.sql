-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the offer p_now under one more condition (one that licensing.condition_narrows let pass): what the guard compares the next
--          condition with. What an offer becomes is made by core/conditions.c; tests compare the two.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.apply_condition(p_now jsonb, p_kind text, p_value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_kind
        WHEN 'text' THEN p_now
        WHEN 'columns' THEN pg_catalog.jsonb_set(p_now, '{columns}', (
            SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', o.v -> 'name', 'rule', COALESCE(c.v -> 'rule', o.v -> 'rule')) ORDER BY o.n)
                FILTER (WHERE COALESCE(c.v ->> 'rule', '') <> 'drop')
            FROM pg_catalog.jsonb_array_elements(p_now -> 'columns') WITH ORDINALITY AS o (v, n)
            LEFT JOIN pg_catalog.jsonb_array_elements(p_value) AS c (v) ON c.v -> 'name' = o.v -> 'name'))
        WHEN 'quotas' THEN pg_catalog.jsonb_set(p_now, '{quotas}', (
            SELECT COALESCE(pg_catalog.jsonb_agg(COALESCE(q.v, o.v) ORDER BY o.n, q.n), '[]')
            FROM pg_catalog.jsonb_array_elements(p_now -> 'quotas') WITH ORDINALITY AS o (v, n)
            FULL JOIN pg_catalog.jsonb_array_elements(p_value) WITH ORDINALITY AS q (v, n)
                ON q.v ->> 'meter' = o.v ->> 'meter' AND q.v ->> 'period' = o.v ->> 'period'))
        WHEN 'prohibited_acts' THEN pg_catalog.jsonb_set(p_now, '{prohibited_acts}', (p_now -> 'prohibited_acts') || p_value)
        WHEN 'duties' THEN pg_catalog.jsonb_set(p_now, '{duties}', (p_now -> 'duties') || p_value)
        WHEN 'modes' THEN pg_catalog.jsonb_set(p_now, '{modes}', (SELECT pg_catalog.jsonb_agg(o.v ORDER BY o.n)
            FROM pg_catalog.jsonb_array_elements(p_now -> 'modes') WITH ORDINALITY AS o (v, n) WHERE p_value @> o.v))
        WHEN 'actions' THEN pg_catalog.jsonb_set(p_now, '{actions}', (SELECT pg_catalog.jsonb_agg(o.v ORDER BY o.n)
            FROM pg_catalog.jsonb_array_elements(p_now -> 'actions') WITH ORDINALITY AS o (v, n) WHERE p_value @> o.v))
        ELSE pg_catalog.jsonb_set(p_now, ARRAY[p_kind], p_value) END;
$$;
