-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: adds what happened to a project.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_project_event(p_id uuid, p_kind text, p_by uuid, p_cost bigint, p_proposal uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO governance.project_event (project_id, seq, kind, by_member, cost, proposal_id, at)
    SELECT p_id, COALESCE(pg_catalog.max(e.seq), 0) + 1, p_kind, p_by, p_cost, p_proposal, pg_catalog.clock_timestamp()
    FROM governance.project_event AS e WHERE e.project_id = p_id;
$$;
