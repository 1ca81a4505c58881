-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: RFC 8785 text of JSON restricted to integers. Keys sort by UTF-16 code units in the RFC; here by bytes, which is the same
--          for keys in the basic plane without surrogates (documents of this system have ASCII keys).
-- Outcomes: none; a fraction raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.canonical(p_value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CASE pg_catalog.jsonb_typeof(p_value)
    WHEN 'object' THEN
        RETURN (SELECT '{' || COALESCE(pg_catalog.string_agg(
                    log.canonical(pg_catalog.to_jsonb(e.key)) || ':' || log.canonical(e.value), ',' ORDER BY e.key COLLATE "C"), '') || '}'
                FROM pg_catalog.jsonb_each(p_value) AS e);
    WHEN 'array' THEN
        RETURN (SELECT '[' || COALESCE(pg_catalog.string_agg(log.canonical(e.value), ',' ORDER BY e.ordinality), '') || ']'
                FROM pg_catalog.jsonb_array_elements(p_value) WITH ORDINALITY AS e);
    WHEN 'number' THEN
        IF (p_value::text)::numeric <> pg_catalog.trunc((p_value::text)::numeric) THEN
            RAISE EXCEPTION 'log.canonical: % is no integer', p_value USING ERRCODE = 'check_violation';
        END IF;
        RETURN pg_catalog.trunc((p_value::text)::numeric)::text;
    ELSE
        RETURN p_value::text;
    END CASE;
END
$$;
