-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a case as the bodies see it; votes show when it is decided.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.case_body(p_case uuid, p_actor uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', c.id, 'kind', c.kind, 'subject', c.subject, 'body', c.body, 'conditions', c.conditions,
        'decided_by', c.body_name, 'state', c.state, 'opened_at', log.time_text(c.opened_at), 'closes_at', log.time_text(c.closes_at),
        'decided_at', log.time_text(c.decided_at), 'approved', c.approved, 'kept_conditions', c.kept_conditions,
        'seats', (SELECT pg_catalog.count(*) FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name AND v.conflict IS NULL),
        'voted', (SELECT pg_catalog.count(v.choice) FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name),
        'conflicts', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('body', v.body_name, 'seat', v.seat, 'reason', v.conflict)
            ORDER BY v.body_name, v.seat), '[]') FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.conflict IS NOT NULL),
        'my_vote', (SELECT v.choice FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name AND v.member_id = p_actor),
        'votes', (SELECT d.reasons FROM governance.council_decision AS d WHERE d.case_id = c.id))
    FROM governance.council_case AS c WHERE c.id = p_case;
$$;
