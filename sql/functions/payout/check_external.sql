-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is wrong with a file of external weights: {"schema": "external-weights/1", "recipients": [{"id", "external"}],
--          "contributions": [...]}, ids once each, weights 0 to 2^40, arrays may be absent. The ids are looked for when inputs are made.
-- Outcomes: invalid; NULL outcome when nothing is.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_external(p_doc jsonb) RETURNS log.answer
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_errors jsonb;
BEGIN
    IF p_doc->>'schema' IS DISTINCT FROM 'external-weights/1' OR p_doc - '{schema,recipients,contributions}'::text[] <> '{}'
        OR pg_catalog.jsonb_typeof(COALESCE(p_doc->'recipients', '[]')) <> 'array' OR pg_catalog.jsonb_typeof(COALESCE(p_doc->'contributions', '[]')) <> 'array' THEN
        RETURN log.refusal('invalid', 'this is no file of external weights', '[{"pointer": "/external", "detail": "must be an external-weights/1 document"}]');
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pointer', '/external/' || x.name || '/' || x.n, 'detail', x.wrong) ORDER BY x.name, x.n) INTO v_errors
    FROM (
        SELECT a.name, e.ordinality - 1 AS n,
            CASE WHEN pg_catalog.jsonb_typeof(e.value) <> 'object' OR e.value - '{id,external}'::text[] <> '{}' THEN 'has the members id and external'
                WHEN e.value->>'id' !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' OR e.value->>'id' IS NULL THEN 'id is a uuid'
                WHEN payout.rule_number(e.value->'external') BETWEEN 0 AND 1099511627776 IS NOT TRUE THEN 'external is 0 to 2^40'
                WHEN pg_catalog.count(*) OVER (PARTITION BY a.name, e.value->>'id') > 1 THEN 'id is there twice' END AS wrong
        FROM (VALUES ('recipients'), ('contributions')) AS a (name), LATERAL pg_catalog.jsonb_array_elements(COALESCE(p_doc->a.name, '[]')) WITH ORDINALITY AS e) AS x
    WHERE x.wrong IS NOT NULL AND x.n < 1000000000;
    IF v_errors IS NOT NULL THEN
        RETURN log.refusal('invalid', 'the external weights are not right', v_errors);
    END IF;
    RETURN NULL;
END
$$;
