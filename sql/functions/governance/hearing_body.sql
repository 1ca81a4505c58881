-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the hearing of a proposal to expel somebody, for those who vote on it and for the accused: [{kind, held_at, text, at}]; NULL for everybody else.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.hearing_body(p governance.proposal, p_actor uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', h.kind, 'held_at', log.time_text(h.held_at), 'text', h.body_text, 'at', log.time_text(h.at)) ORDER BY h.n), '[]')
    FROM governance.hearing AS h WHERE h.proposal_id = p.id AND h.accused = governance.accused_of(p)
    HAVING p.type = 'expulsion' AND EXISTS (SELECT FROM governance.member_now AS m WHERE m.member_id = p_actor AND (m.standing = 'active' OR m.member_id = governance.accused_of(p)));
$$;
