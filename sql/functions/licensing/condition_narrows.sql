-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether p_value of a condition's one member p_kind narrows the offer p_now (the offer as earlier conditions leave it);
--          p_base is the offer before any. The guard's twin of ch_condition_narrows in core/conditions.c (tests compare the two).
-- Outcomes: none; false also for a value of the wrong shape.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.condition_narrows(p_base jsonb, p_now jsonb, p_kind text, p_value jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_type text := pg_catalog.jsonb_typeof(p_value);
    v_count integer := CASE WHEN v_type = 'array' THEN pg_catalog.jsonb_array_length(p_value) END;
    v_number bigint := CASE WHEN v_type = 'number' AND p_value::text ~ '^[1-9][0-9]{0,8}$' THEN p_value::text::bigint END;
    v_texts text[];
BEGIN
    IF p_kind = 'text' THEN
        RETURN v_type = 'string' AND pg_catalog.octet_length(p_value #>> '{}') BETWEEN 1 AND 4000;
    ELSIF p_kind = 'max_days' THEN
        RETURN COALESCE(v_number < (p_now ->> 'max_days')::bigint, false);
    ELSIF p_kind = 'min_cohort' THEN
        RETURN COALESCE(v_number > (p_now ->> 'min_cohort')::bigint AND v_number <= 1000000, false);
    ELSIF COALESCE(v_count, 0) NOT BETWEEN 1 AND 200 THEN
        RETURN false;
    ELSIF p_kind IN ('modes', 'actions', 'prohibited_acts') THEN
        IF pg_catalog.jsonb_path_exists(p_value, 'strict $[*] ? (@.type() != "string")') THEN
            RETURN false;
        END IF;
        v_texts := ARRAY(SELECT DISTINCT pg_catalog.jsonb_array_elements_text(p_value));
        IF pg_catalog.cardinality(v_texts) <> v_count THEN
            RETURN false;
        ELSIF p_kind <> 'prohibited_acts' THEN
            RETURN p_now -> p_kind @> p_value AND v_count < pg_catalog.jsonb_array_length(p_now -> p_kind);
        END IF;
        RETURN v_texts <@ ARRAY['reidentify', 'link_personal', 'profile_persons', 'decide_on_persons', 'transfer_onward', 'sell_data', 'train_gpai']
            AND NOT pg_catalog.jsonb_exists_any(p_now -> p_kind, v_texts)
            AND NOT ('transfer_onward' = ANY (v_texts) AND p_base -> 'actions' ? 'distribute')
            AND NOT ('sell_data' = ANY (v_texts) AND p_base -> 'actions' ? 'sell');
    ELSIF pg_catalog.jsonb_path_exists(p_value, 'strict $[*] ? (@.type() != "object")') THEN
        RETURN false;
    ELSIF p_kind = 'columns' THEN
        RETURN (SELECT pg_catalog.bool_and(COALESCE(c.v - 'name' - 'rule' = '{}' AND pg_catalog.jsonb_typeof(c.v -> 'name') = 'string'
                    AND pg_catalog.jsonb_typeof(c.v -> 'rule') = 'string' AND c.v ->> 'rule' <> o.v ->> 'rule'
                    AND licensing.coarser(o.v ->> 'rule', c.v ->> 'rule', p_now -> 'types' ->> (c.v ->> 'name')), false))
                AND pg_catalog.count(DISTINCT c.v ->> 'name') = v_count
                AND pg_catalog.count(*) FILTER (WHERE c.v ->> 'rule' = 'drop') < pg_catalog.jsonb_array_length(p_now -> 'columns')
            FROM pg_catalog.jsonb_array_elements(p_value) AS c (v)
            LEFT JOIN pg_catalog.jsonb_array_elements(p_now -> 'columns') AS o (v) ON o.v -> 'name' = c.v -> 'name');
    ELSIF p_kind = 'quotas' THEN
        RETURN v_count <= 18 AND (SELECT pg_catalog.bool_and(COALESCE(q.v - 'meter' - 'period' - 'limit' = '{}'
                    AND q.v ->> 'meter' IN ('rows', 'bytes', 'requests', 'queries', 'seconds', 'tokens') AND q.v ->> 'period' IN ('day', 'month', 'grant')
                    AND pg_catalog.jsonb_typeof(q.v -> 'limit') = 'number' AND q.v ->> 'limit' ~ '^[1-9][0-9]{0,15}$'
                    AND (q.v ->> 'limit')::bigint <= 9007199254740991
                    AND NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_now -> 'quotas') AS o (v) WHERE o.v ->> 'meter' = q.v ->> 'meter'
                                    AND o.v ->> 'period' = q.v ->> 'period' AND (o.v ->> 'limit')::bigint <= (q.v ->> 'limit')::bigint), false))
                AND pg_catalog.count(DISTINCT (q.v ->> 'meter', q.v ->> 'period')) = v_count
            FROM pg_catalog.jsonb_array_elements(p_value) AS q (v));
    END IF;
    RETURN p_kind = 'duties' AND v_count <= 20 AND (SELECT pg_catalog.bool_and(COALESCE(d.v - 'id' - 'act' - 'within_days' = '{}'
                AND pg_catalog.jsonb_typeof(d.v -> 'id') = 'string' AND d.v ->> 'id' ~ '^[A-Za-z][A-Za-z0-9_-]{0,31}$'
                AND pg_catalog.jsonb_typeof(d.v -> 'act') = 'string'
                AND d.v ->> 'act' IN ('attribute', 'inform', 'delete', 'anonymize', 'obtain_consent', 'review_policy', 'next_policy',
                                      'return_results', 'publish_results', 'ethics_approval')
                AND (NOT d.v ? 'within_days' OR pg_catalog.jsonb_typeof(d.v -> 'within_days') = 'number'
                     AND d.v ->> 'within_days' ~ '^[1-9][0-9]{0,3}$' AND (d.v ->> 'within_days')::integer <= 1096)
                AND NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_now -> 'duties') AS o (v) WHERE o.v ->> 'id' = d.v ->> 'id'), false))
            AND pg_catalog.count(DISTINCT d.v ->> 'id') = v_count
        FROM pg_catalog.jsonb_array_elements(p_value) AS d (v));
END
$$;
