-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether terms open a purpose to an organisation class: some rule gives it, and no prohibition without further conditions takes it away.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.is_open(p_terms jsonb, p_purpose text, p_class text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.bool_or(r.v ->> 'effect' <> 'prohibit')
        AND NOT pg_catalog.bool_or(r.v ->> 'effect' = 'prohibit' AND NOT r.v ?| ARRAY['actions', 'regions', 'modes', 'conditions']), false)
    FROM pg_catalog.jsonb_array_elements(p_terms -> 'rules') AS r (v) WHERE audit.touches(r.v, p_purpose, p_class);
$$;
