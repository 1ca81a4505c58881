-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how many days a licensee may keep what a rule gives, at most: of its tiers the one that lets keep longest, by the duty to delete.
-- Outcomes: none; infinity without such a duty.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.days_kept(p_terms jsonb, p_rule jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.max(COALESCE((
        SELECT pg_catalog.min((d.v ->> 'within_days')::numeric) FROM pg_catalog.jsonb_array_elements(p_terms -> 'duties') AS d (v)
        WHERE d.v ->> 'act' = 'delete' AND p_rule -> 'duties' @> (d.v -> 'id') AND (NOT d.v ? 'tiers' OR d.v -> 'tiers' @> t.v)), 'Infinity')), 0)
    FROM pg_catalog.jsonb_array_elements(p_rule -> 'tiers') AS t (v);
$$;
