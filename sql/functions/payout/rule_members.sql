-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: checks one object of a rule against its members. p_members: blank-separated name:type, a required one with ! behind its name.
--          Types: a name of payout.rule_type, or int(low,high), or array(low,high), or object, or any.
-- Outcomes: rows (pointer, detail), none when all is well.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.rule_members(p_pointer text, p_object jsonb, p_members text) RETURNS TABLE (pointer text, detail text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH member AS (
            SELECT m[1] AS name, m[2] = '!' AS required, m[3] AS type, m[4]::numeric AS low, m[5]::numeric AS high
            FROM pg_catalog.regexp_matches(p_members, '(\w+)(!?):(\w+)(?:\((\d+),(\d+)\))?', 'g') AS m),
        given AS (SELECT e.key, e.value, pg_catalog.jsonb_typeof(e.value) AS kind
            FROM pg_catalog.jsonb_each(CASE WHEN pg_catalog.jsonb_typeof(p_object) = 'object' THEN p_object ELSE '{}' END) AS e)
        SELECT p_pointer, 'must be an object' WHERE pg_catalog.jsonb_typeof(p_object) <> 'object'
        UNION ALL
        SELECT p_pointer || '/' || pg_catalog.replace(pg_catalog.replace(g.key, '~', '~0'), '/', '~1'), 'is not known here'
        FROM given AS g WHERE g.key NOT IN (SELECT name FROM member)
        UNION ALL
        SELECT p_pointer || '/' || m.name, 'is required'
        FROM member AS m WHERE m.required AND pg_catalog.jsonb_typeof(p_object) = 'object' AND NOT p_object ? m.name
        UNION ALL
        SELECT p_pointer || '/' || m.name, CASE m.type
            WHEN 'int' THEN 'must be a whole number from ' || m.low || ' to ' || m.high
            WHEN 'array' THEN 'must be an array of ' || m.low || ' to ' || m.high
            WHEN 'object' THEN 'must be an object' ELSE 'must be ' || COALESCE(payout.rule_type(m.type), m.type) END
        FROM member AS m JOIN given AS g ON g.key = m.name
        WHERE NOT CASE m.type
            WHEN 'any' THEN true
            WHEN 'object' THEN g.kind = 'object'
            WHEN 'int' THEN CASE WHEN g.kind = 'number' AND g.value::text ~ '^[0-9]{1,16}$' THEN (g.value::text)::numeric BETWEEN m.low AND m.high ELSE false END
            WHEN 'array' THEN CASE WHEN g.kind = 'array' THEN pg_catalog.jsonb_array_length(g.value) BETWEEN m.low AND m.high ELSE false END
            ELSE CASE WHEN g.kind = 'string' THEN g.value #>> '{}' ~ payout.rule_type(m.type) ELSE false END END;
END
$$;
