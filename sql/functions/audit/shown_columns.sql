-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: fifth step of an evaluation of terms (licensing.md 5, 7): what a rule does with each requested column, in the order of the terms'
--          columns. What is not named, and what is no generalisation, is dropped.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.shown_columns(p_terms jsonb, p_rule jsonb, p_columns jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', c.v -> 'name', 'rule',
        CASE WHEN p_rule -> 'columns' ->> (c.v ->> 'name') ~ ('^(keep|round:(0|-?[1-6])|trunc:(year|quarter|month|week|day|hour|minute)|'
            || 'prefix:[1-9][0-9]{0,3}|bin:[1-9][0-9]*(@(0|-?[1-9][0-9]*))?)$') THEN p_rule -> 'columns' ->> (c.v ->> 'name') ELSE 'drop' END) ORDER BY c.n)
    FROM pg_catalog.jsonb_array_elements(p_terms -> 'columns') WITH ORDINALITY AS c (v, n)
    WHERE p_columns @> pg_catalog.jsonb_build_array(c.v -> 'name');
$$;
