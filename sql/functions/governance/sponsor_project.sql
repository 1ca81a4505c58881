-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member supports a project; its author, who counts for no sponsor, agrees to the cost with it.
-- Outcomes: recorded, already_sponsored, not_found, forbidden, not_allowed_here.
-- Locks: the project.
CREATE OR REPLACE FUNCTION governance.sponsor_project(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    j governance.project_now := governance.lock_project(p_actor, p_id);
BEGIN
    IF j.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such project');
    ELSIF governance.ineligibility(p_actor) IS NOT NULL THEN
        RETURN log.refusal('forbidden', 'only members who may vote sponsor a project');
    ELSIF j.agreed AND j.author = p_actor OR EXISTS (SELECT FROM governance.project_event AS e WHERE e.project_id = p_id AND e.kind = 'sponsored' AND e.by_member = p_actor) THEN
        RETURN log.refusal('already_sponsored', 'you have said so');
    ELSIF j.state NOT IN ('proposed', 'costed') OR (j.author = p_actor AND j.cost IS NULL) THEN
        RETURN log.refusal('not_allowed_here', 'the project is in state ' || j.state || CASE WHEN j.author = p_actor THEN ': its author agrees to a cost that the treasurer has said' ELSE '' END);
    END IF;
    PERFORM governance.write_project_event(p_id, CASE WHEN j.author = p_actor THEN 'agreed' ELSE 'sponsored' END, p_actor, NULL, NULL);
    RETURN log.answer('recorded', governance.project_body(p_id, p_actor));
END
$$;
