-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a proposal as everybody may see it; a draft only as governance.sees_draft says. While voting is open no vote but ones own
--          shows.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.proposal_body(p_id uuid, p_actor uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object(
        'id', p.id, 'type', p.type, 'version', p.version, 'state', p.state, 'state_at', log.time_text(p.state_at), 'author', p.author,
        'subject', p.subject, 'title', v.title, 'text', v.body_text, 'effect', v.effect,
        'rule', p.rule, 'rule_type', p.rule_type, 'rule_version', p.rule_version, 'reading', p.reading, 'named', p.named, 'held', p.held,
        'sponsors', (SELECT pg_catalog.count(*) FROM governance.sponsor AS s WHERE s.proposal_id = p.id), 'sponsors_needed', p.sponsors_needed,
        'created_at', log.time_text(p.created_at), 'frozen_at', log.time_text(p.frozen_at), 'opens_at', log.time_text(p.opens_at),
        'closes_at', log.time_text(p.closes_at), 'in_force_at', log.time_text(p.in_force_at),
        'text_sha256', p.text_sha256, 'effect_sha256', p.effect_sha256, 'rule_sha256', p.rule_sha256, 'proposal_sha256', p.proposal_sha256,
        'roll', (SELECT pg_catalog.jsonb_build_object('sha256', h.sha256, 'counts', h.counts) FROM governance.roll_head AS h
                 WHERE h.proposal_id = p.id AND h.reading = p.reading),
        'tally', (SELECT pg_catalog.jsonb_build_object('counts', t.counts, 'outcome', t.outcome, 'result', t.result) FROM governance.tally AS t
                  WHERE t.proposal_id = p.id AND t.reading = p.reading),
        'candidates', CASE WHEN p.rule ->> 'method' = 'scottish-stv' THEN governance.candidates_body(p) END, 'extended_until', log.time_text(p.extended_until),
        'opinion', (SELECT pg_catalog.jsonb_build_object('kind', o.kind, 'case_id', o.case_id, 'approved', o.approved, 'reasons', d.reasons)
                    FROM governance.opinion AS o JOIN governance.council_decision AS d USING (case_id)
                    WHERE o.proposal_id = p.id AND o.version = p.version LIMIT 1),
        'events', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('at', log.time_text(e.at), 'from', e.from_state,
                        'to', e.to_state, 'reason', e.reason) ORDER BY e.seq), '[]') FROM governance.proposal_event AS e WHERE e.proposal_id = p.id),
        'comments', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', c.id, 'member_id', c.member_id, 'text', c.body_text,
                        'stance', c.stance, 'at', log.time_text(c.at)) ORDER BY c.at, c.id), '[]') FROM governance.comment AS c WHERE c.proposal_id = p.id),
        'sealing', CASE WHEN p.rule ->> 'secrecy' = 'sealed' AND p.proposal_sha256 IS NOT NULL AND (p.named IS NOT TRUE OR p.state = 'second_reading')
                   THEN governance.sealing_of(p) END,
        'votes', CASE WHEN p.named AND p.state NOT IN ('draft', 'submitted', 'admitted', 'discussion', 'frozen', 'voting') THEN (
                    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('reading', n.reading, 'member_id', n.member_id,
                        'seat', n.seat, 'choice', n.choice) ORDER BY n.reading, n.member_id), '[]')
                    FROM (SELECT DISTINCT ON (x.reading, x.member_id) x.* FROM governance.named_vote AS x WHERE x.proposal_id = p.id
                              AND (x.reading < p.reading OR p.state <> 'second_reading')
                          ORDER BY x.reading, x.member_id, x.seq DESC) AS n) END,
        'hearing', governance.hearing_body(p, p_actor),
        'my_vote', (SELECT n.choice FROM governance.named_vote AS n WHERE n.proposal_id = p.id AND n.reading = p.reading AND n.member_id = p_actor
                    ORDER BY n.seq DESC LIMIT 1))
    FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
    WHERE p.id = p_id AND governance.sees_draft(p_actor, p);
$$;
