-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: faults of conditions on an offer as licensing.offer_base makes it, in the order of the conditions.
-- Outcomes: none; [{"pointer","detail"}].
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.condition_errors(p_base jsonb, p_conditions jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_kinds CONSTANT text[] := ARRAY['columns', 'max_days', 'min_cohort', 'modes', 'actions', 'quotas', 'prohibited_acts', 'duties', 'text'];
    v_errors jsonb := '[]';
    v_ids text[] := '{}';
    v_now jsonb := p_base;
    v_one record;
    v_kinds text[];
BEGIN
    IF p_base IS NULL THEN
        RETURN pg_catalog.jsonb_build_array(licensing.field_error('', 'there is no match to put conditions on'));
    ELSIF pg_catalog.jsonb_typeof(p_conditions) IS DISTINCT FROM 'array' OR pg_catalog.jsonb_array_length(p_conditions) > 50 THEN
        RETURN pg_catalog.jsonb_build_array(licensing.field_error('', 'must be an array of at most 50 conditions'));
    END IF;
    FOR v_one IN SELECT c.v, '/' || (c.n - 1) AS at FROM pg_catalog.jsonb_array_elements(p_conditions) WITH ORDINALITY AS c (v, n) LOOP
        IF pg_catalog.jsonb_typeof(v_one.v) <> 'object' THEN
            v_errors := v_errors || licensing.field_error(v_one.at, 'must be an object');
            CONTINUE;
        END IF;
        v_kinds := ARRAY(SELECT pg_catalog.jsonb_object_keys(v_one.v - 'id'));
        IF pg_catalog.jsonb_typeof(v_one.v -> 'id') IS DISTINCT FROM 'string' OR v_one.v ->> 'id' !~ '^[A-Za-z][A-Za-z0-9_-]{0,31}$' THEN
            v_errors := v_errors || licensing.field_error(v_one.at || '/id', 'must be letters, digits, _ and -, a letter first, at most 32');
        ELSIF v_one.v ->> 'id' = ANY (v_ids) THEN
            v_errors := v_errors || licensing.field_error(v_one.at || '/id', 'stands twice');
        ELSIF pg_catalog.cardinality(v_kinds) <> 1 OR NOT v_kinds <@ c_kinds THEN
            v_errors := v_errors || licensing.field_error(v_one.at, 'must have id and exactly one of ' || pg_catalog.array_to_string(c_kinds, ', '));
        ELSIF NOT licensing.condition_narrows(p_base, v_now, v_kinds[1], v_one.v -> v_kinds[1]) THEN
            v_errors := v_errors || licensing.field_error(v_one.at || '/' || v_kinds[1], 'does not narrow what the offer would hold');
        ELSE
            v_now := licensing.apply_condition(v_now, v_kinds[1], v_one.v -> v_kinds[1]);
        END IF;
        v_ids := v_ids || COALESCE(v_one.v ->> 'id', '');
    END LOOP;
    RETURN v_errors;
END
$$;
