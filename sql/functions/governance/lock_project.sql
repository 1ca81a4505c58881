-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes the lock of a project and reads it as its actor may see it: a draft is its author's alone. NULL fields when there is none.
-- Outcomes: none.
-- Locks: advisory transaction lock on the project.
CREATE OR REPLACE FUNCTION governance.lock_project(p_actor uuid, p_id uuid) RETURNS governance.project_now
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    j governance.project_now;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.project ' || p_id, 1));
    SELECT * INTO j FROM governance.project_now AS x WHERE x.id = p_id AND (x.state <> 'draft' OR x.author = p_actor);
    RETURN j;
END
$$;
