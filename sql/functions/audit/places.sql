-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the codes of ISO 3166-1 that a list of regions comes to; NULL stands for all of them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.places(p_regions jsonb) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.array_agg(r.code), '{}') FROM licensing.region AS r
    WHERE p_regions IS NULL OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements_text(p_regions) AS w (word) WHERE w.word = r.code OR w.word = ANY (r.groups));
$$;
