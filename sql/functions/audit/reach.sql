-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what each rule of terms is about, whatever else it asks for: every assignable purpose and organisation class it names, or reaches below what
--          it names; a word that nobody knows makes a prohibition reach everything and widens nothing else (licensing.md 7).
-- Outcomes: none; a row for each rule, purpose and class. `outright` is a prohibition without further conditions.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.reach(p_terms jsonb)
RETURNS TABLE (n bigint, rule jsonb, prohibits boolean, outright boolean, purpose text, org_class text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE below (code, above) AS (
        SELECT p.code, p.code FROM licensing.purpose AS p WHERE p.assignable
        UNION
        SELECT b.code, e.parent FROM below AS b JOIN licensing.purpose_edge AS e ON e.child = b.above),
    rule AS MATERIALIZED (
        SELECT r.n, r.v, r.v ->> 'effect' = 'prohibit' AS prohibits FROM pg_catalog.jsonb_array_elements(p_terms -> 'rules') WITH ORDINALITY AS r (v, n)),
    about AS (
        SELECT DISTINCT r.n, b.code FROM rule AS r CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(r.v -> 'purposes') AS w (word)
        JOIN below AS b ON w.word = b.above AND (b.above = b.code OR r.prohibits OR (r.v ->> 'descendants')::boolean)
            OR r.prohibits AND w.word <> ALL (audit.known_words('purposes'))),
    whom AS (
        SELECT r.n, c.class FROM rule AS r CROSS JOIN pg_catalog.unnest(audit.known_words('org_classes')) AS c (class)
        WHERE NOT r.v ? 'org_classes' OR EXISTS (
            SELECT FROM pg_catalog.jsonb_array_elements_text(r.v -> 'org_classes') AS w (word)
            WHERE w.word = c.class OR r.prohibits AND w.word <> ALL (audit.known_words('org_classes'))))
    SELECT r.n, r.v, r.prohibits, r.prohibits AND NOT r.v ?| ARRAY['actions', 'regions', 'modes', 'conditions'], a.code, h.class
    FROM rule AS r JOIN about AS a USING (n) JOIN whom AS h USING (n);
$$;
