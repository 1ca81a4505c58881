-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an appeal. Public: kind, subject (not a member's), the draw with all it is recomputed from, who sits, and at the decision the
--          votes with reasons. Panel, appellant and the stewards of the draw also see the grounds and whether they have acted.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.appeal_body(p_appeal uuid, p_actor uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', a.id, 'kind', a.kind, 'subject', CASE WHEN a.kind <> 'expulsion' OR b.inside THEN a.subject END,
        'state', a.state, 'round', a.round, 'opened_at', log.time_text(a.opened_at), 'closes_at', log.time_text(a.closes_at),
        'decided_at', log.time_text(a.decided_at), 'command', d.command, 'effect', a.effect,
        'lots', (SELECT COALESCE(pg_catalog.jsonb_agg(governance.lot_body(p_appeal, l.round) ORDER BY l.round), '[]') FROM governance.panel_lot AS l WHERE l.appeal_id = a.id),
        'panel', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('seat', s.class, 'volunteer_id', s.volunteer_id,
                'sealed', governance.sealed_person(s.member_id, false),
                'choice', CASE WHEN a.state = 'decided' THEN s.choice END, 'text', CASE WHEN a.state = 'decided' THEN s.reason_text END) ORDER BY pg_catalog.strpos('UWC', s.class)), '[]')
            FROM governance.panel_of(a.id) AS s))
        || CASE WHEN b.inside THEN pg_catalog.jsonb_build_object('grounds', a.body ->> 'grounds', 'organisation_id', a.organisation_id,
            'my_seat', (SELECT s.class FROM governance.panel_of(a.id) AS s WHERE s.member_id = p_actor),
            'my_vote', (SELECT s.choice FROM governance.panel_of(a.id) AS s WHERE s.member_id = p_actor)) ELSE '{}' END
    FROM governance.panel_case AS a JOIN governance.appeal_decision AS d ON d.appeal_id = a.id
    CROSS JOIN LATERAL (SELECT COALESCE(a.appellant = p_actor, false) OR (a.kind = 'expulsion' AND COALESCE(a.subject = p_actor, false))
        OR EXISTS (SELECT FROM governance.panel_of(a.id) AS s WHERE s.member_id = p_actor) AS inside) AS b
    WHERE a.id = p_appeal;
$$;
