-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a rule is about a purpose and an organisation class, whatever else it asks for.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.touches(p_rule jsonb, p_purpose text, p_class text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements_text(p_rule -> 'purposes') AS w (word)
            WHERE w.word = p_purpose OR w.word = ANY (audit.purposes_above(p_purpose)) AND (k.prohibits OR (p_rule ->> 'descendants')::boolean)
                OR k.prohibits AND w.word <> ALL (audit.known_words('purposes')))
        AND (NOT p_rule ? 'org_classes' OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements_text(p_rule -> 'org_classes') AS w (word)
            WHERE w.word = p_class OR k.prohibits AND w.word <> ALL (audit.known_words('org_classes'))))
    FROM (SELECT p_rule ->> 'effect' = 'prohibit' AS prohibits) AS k;
$$;
