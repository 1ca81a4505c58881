-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a case as the bodies see it: how many have voted, never how, until it is decided. For everybody else (p_actor in neither body)
--          what is public: what it is about, declared conflicts, and once it is decided votes, reasons and conditions. Texts of
--          an applicant are not public.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.case_body(p_case uuid, p_actor uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', c.id, 'kind', c.kind, 'subject', c.subject, 'decided_by', c.body_name, 'state', c.state,
        'opened_at', log.time_text(c.opened_at), 'closes_at', log.time_text(c.closes_at), 'decided_at', log.time_text(c.decided_at),
        'ended_at', log.time_text(c.ended_at), 'end_reason', c.end_reason, 'approved', c.approved, 'kept_conditions', c.kept_conditions,
        'conflicts', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('body', v.body_name, 'seat', v.seat, 'reason', v.conflict)
            ORDER BY v.body_name, v.seat), '[]') FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.conflict IS NOT NULL),
        'votes', governance.case_votes(c.id),
        'conditions', CASE WHEN b.inside OR c.state = 'decided' THEN governance.conditions_of(c.id) END)
        || CASE WHEN b.inside THEN pg_catalog.jsonb_build_object('body', c.body,
            'seats', (SELECT pg_catalog.count(*) FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name AND v.conflict IS NULL),
            'voted', (SELECT pg_catalog.count(v.choice) FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name),
            'my_vote', (SELECT v.choice FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name AND v.member_id = p_actor),
            'my_conditions', (SELECT v.conditions || COALESCE((SELECT pg_catalog.jsonb_agg(x.accept ORDER BY x.n) FROM governance.condition_vote AS x
                    WHERE x.case_id = c.id AND x.body_name = v.body_name AND x.seat = v.seat), '[]')
                FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name AND v.member_id = p_actor)) ELSE '{}' END
    FROM governance.council_case AS c
    CROSS JOIN LATERAL (SELECT governance.is_office(p_actor, 'council') OR governance.is_office(p_actor, 'board') AS inside) AS b
    WHERE c.id = p_case;
$$;
