-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer says what a project costs; another figure, before it is on a ballot, asks the author anew. Repeating it answers the same.
-- Outcomes: costed, not_found, forbidden, invalid, not_allowed_here.
-- Locks: the project.
CREATE OR REPLACE FUNCTION governance.cost_project(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    j governance.project_now := governance.lock_project(p_actor, p_id);
    v_cost bigint := (p_body -> 'cost' ->> 'minor')::bigint;
BEGIN
    IF j.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such project');
    ELSIF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'the treasurer says what a project costs');
    ELSIF j.state NOT IN ('proposed', 'costed') THEN
        RETURN log.refusal('not_allowed_here', 'the project is in state ' || j.state || ': its cost stands');
    ELSIF p_body -> 'cost' ->> 'currency' <> (SELECT c.currency FROM governance.charter AS c) OR v_cost < 1 THEN
        RETURN log.refusal('invalid', 'the cost is more than nothing, in the currency of this trust', '[{"pointer": "/cost", "detail": "an amount of at least 1 in the currency of this trust"}]');
    ELSIF j.cost IS DISTINCT FROM v_cost THEN
        PERFORM governance.write_project_event(p_id, 'costed', p_actor, v_cost, NULL);
    END IF;
    RETURN log.answer('costed', governance.project_body(p_id, p_actor));
END
$$;
