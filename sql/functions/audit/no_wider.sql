-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a rule of new terms gives nothing that a rule of the old ones did not (licensing.md 3.2).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.no_wider(p_new_terms jsonb, p_new jsonb, p_old_terms jsonb, p_old jsonb) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (p_new ->> 'min_cohort')::numeric >= (p_old ->> 'min_cohort')::numeric AND (p_new ->> 'max_days')::numeric <= (p_old ->> 'max_days')::numeric
        AND p_new -> 'actions' <@ (p_old -> 'actions') AND p_new -> 'modes' <@ (p_old -> 'modes')
        AND audit.places(p_new -> 'regions') <@ audit.places(p_old -> 'regions')
        AND COALESCE(p_new -> 'conditions', '[]') = COALESCE(p_old -> 'conditions', '[]')
        AND audit.days_kept(p_new_terms, p_new) <= audit.days_kept(p_old_terms, p_old)
        AND NOT EXISTS (
            SELECT FROM pg_catalog.jsonb_to_recordset(audit.shown_columns(p_new_terms, p_new, (SELECT pg_catalog.jsonb_agg(c.v -> 'name')
                FROM pg_catalog.jsonb_array_elements(p_new_terms -> 'columns') AS c (v)))) AS n (name text, rule text)
            LEFT JOIN pg_catalog.jsonb_to_recordset(audit.shown_columns(p_old_terms, p_old, (SELECT pg_catalog.jsonb_agg(c.v -> 'name')
                FROM pg_catalog.jsonb_array_elements(p_old_terms -> 'columns') AS c (v)))) AS o (name text, rule text) ON o.name = n.name
            WHERE NOT audit.no_finer(n.rule, o.rule));
$$;
