-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one project.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_project(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN b.body IS NULL THEN log.refusal('not_found', 'no such project') ELSE log.answer('ok', b.body) END
    FROM (SELECT governance.project_body(p_id, p_actor) AS body) AS b;
$$;
