-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a project as everybody may see it; a draft only as its author may.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.project_body(p_id uuid, p_actor uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', j.id, 'state', j.state, 'author', j.author, 'title', j.title, 'text', j.body_text,
        'cost', CASE WHEN j.cost IS NOT NULL THEN pg_catalog.jsonb_build_object('minor', j.cost, 'currency', c.currency) END, 'agreed', j.agreed,
        'sponsors', j.sponsors, 'sponsored', EXISTS (SELECT FROM governance.project_event AS e WHERE e.project_id = j.id AND e.kind = 'sponsored' AND e.by_member = p_actor),
        'proposal_id', j.proposal_id, 'award_id', a.id, 'created_at', log.time_text(j.created_at))
    FROM governance.project_now AS j CROSS JOIN governance.charter AS c LEFT JOIN governance.budget_award AS a ON a.project_id = j.id
    WHERE j.id = p_id AND (j.state <> 'draft' OR j.author = p_actor);
$$;
