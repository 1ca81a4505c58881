-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the words that a list of a rule may hold (licensing.md 4): purposes, actions, org_classes, regions (groups too), modes.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.known_words(p_list text) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_list
        WHEN 'purposes' THEN (SELECT pg_catalog.array_agg(p.code) FROM licensing.purpose AS p)
        WHEN 'actions' THEN ARRAY['read', 'aggregate', 'derive', 'index', 'reproduce', 'anonymize', 'distribute', 'sell']
        WHEN 'org_classes' THEN ARRAY['public_body', 'university', 'non_profit', 'cooperative', 'small_company', 'company', 'security_body', 'member']
        WHEN 'regions' THEN (SELECT ARRAY['EU', 'EEA', 'WORLD'] || pg_catalog.array_agg(r.code) FROM licensing.region AS r)
        WHEN 'modes' THEN ARRAY['download', 'query'] END;
$$;
