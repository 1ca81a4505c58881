-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: versions of a document follow one another without gaps.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_next_version(p_newest integer, p_doc jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN (p_doc -> 'version') = pg_catalog.to_jsonb(COALESCE(p_newest, 0) + 1) THEN '[]'::jsonb
        ELSE pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('pointer', '/effect/document/version',
            'detail', 'the next version is ' || (COALESCE(p_newest, 0) + 1))) END;
$$;
