-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: rules of a terms document that match a request of known words: each list a rule has fits, each of its conditions holds. A word
--          nobody knows fits everything in a prohibition and nothing elsewhere (licensing.md 7).
-- Outcomes: none; the rules in the document's order, [] when none matches.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.matching_rules(p_terms jsonb, p_request jsonb, p_above text[]) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH list (member, fits, fits_below, known) AS MATERIALIZED (
        SELECT 'purposes', ARRAY[p_request ->> 'purpose'], p_above, audit.known_words('purposes')
        UNION ALL SELECT m.list, ARRAY[p_request ->> m.asked], ARRAY[p_request ->> m.asked], audit.known_words(m.list)
        FROM (VALUES ('actions', 'action'), ('org_classes', 'org_class'), ('modes', 'mode')) AS m (list, asked)
        UNION ALL SELECT 'regions', r.code || r.groups, r.code || r.groups, audit.known_words('regions')
        FROM licensing.region AS r WHERE r.code = p_request ->> 'region'),
    rule (n, v, prohibits, below) AS (
        SELECT r.n, r.v, r.v ->> 'effect' = 'prohibit', r.v ->> 'effect' = 'prohibit' OR (r.v ->> 'descendants')::boolean
        FROM pg_catalog.jsonb_array_elements(p_terms -> 'rules') WITH ORDINALITY AS r (v, n))
    SELECT COALESCE(pg_catalog.jsonb_agg(r.v ORDER BY r.n), '[]') FROM rule AS r
    WHERE NOT EXISTS (
        SELECT FROM list AS l WHERE r.v ? l.member AND NOT EXISTS (
            SELECT FROM pg_catalog.jsonb_array_elements_text(r.v -> l.member) AS w (word)
            WHERE w.word = ANY (CASE WHEN r.below THEN l.fits_below ELSE l.fits END) OR r.prohibits AND w.word <> ALL (l.known)))
      AND NOT EXISTS (
        SELECT FROM pg_catalog.jsonb_array_elements(COALESCE(r.v -> 'conditions', '[]')) AS c (v)
        WHERE NOT CASE (c.v ->> 'operand') || ' ' || (c.v ->> 'op')
            WHEN 'organisation eq' THEN c.v -> 'value' = p_request -> 'organisation'
            WHEN 'organisation neq' THEN c.v -> 'value' <> p_request -> 'organisation'
            WHEN 'organisation isAnyOf' THEN c.v -> 'value' @> (p_request -> 'organisation')
            WHEN 'organisation isNoneOf' THEN NOT (c.v -> 'value' @> (p_request -> 'organisation'))
            WHEN 'at gteq' THEN audit.seconds(p_request ->> 'at') >= audit.seconds(c.v ->> 'value')
            WHEN 'at lt' THEN audit.seconds(p_request ->> 'at') < audit.seconds(c.v ->> 'value')
            ELSE r.prohibits END);
$$;
