-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the history of an application. That somebody of the council voted is told when the case is closed, as the votes are.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_application_events(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF licensing.application_role(p_actor, p_id) = '' THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('seq', e.seq, 'command', e.command, 'role', e.role, 'from', e.from_state, 'to', e.to_state,
            'body', e.body, 'at', log.time_text(e.at)) ORDER BY e.seq)))
        FROM licensing.application_event AS e JOIN licensing.application AS a ON a.id = e.application_id
        WHERE e.application_id = p_id AND NOT (e.command = 'vote' AND a.state = 'council_review'));
END
$$;
