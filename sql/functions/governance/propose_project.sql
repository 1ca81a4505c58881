-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the author of a draft proposes it. Repeating it answers the same.
-- Outcomes: ok, not_found, forbidden.
-- Locks: the project.
CREATE OR REPLACE FUNCTION governance.propose_project(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    j governance.project_now := governance.lock_project(p_actor, p_id);
BEGIN
    IF j.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such project');
    ELSIF j.author <> p_actor OR governance.ineligibility(p_actor) IS NOT NULL THEN
        RETURN log.refusal('forbidden', 'the author proposes a project, while they may vote');
    ELSIF j.state = 'draft' THEN
        PERFORM governance.write_project_event(p_id, 'proposed', p_actor, NULL, NULL);
    END IF;
    RETURN log.answer('ok', governance.project_body(p_id, p_actor));
END
$$;
