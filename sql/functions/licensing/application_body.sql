-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an application as its organisation, the handlers and the council see it: with the questions that are open, the answers and the
--          changes of the last submission, who acts next, and until when a refusal can be appealed.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.application_body(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', a.id, 'organisation_id', a.organisation_id,
        'organisation_name', (SELECT o.name FROM licensing.organisation AS o WHERE o.organisation_id = a.organisation_id), 'pool', p.ref, 'bundle_id', a.bundle_id,
        'copied_from', a.copied_from, 'state', a.state, 'version', a.revision, 'quotas', a.quotas, 'case_id', a.case_id,
        'appeal_id', a.appeal_id, 'reasons', a.reasons, 'applicant', a.applicant,
        'created_at', log.time_text(a.created_at), 'changed_at', log.time_text(a.changed_at),
        'co_applicants', (SELECT COALESCE(pg_catalog.jsonb_agg(c.person_id ORDER BY c.at, c.person_id), '[]')
                          FROM licensing.co_applicant AS c WHERE c.application_id = a.id),
        'questions', CASE WHEN a.state = 'returned' THEN (SELECT COALESCE(e.body -> 'questions', '[]') FROM licensing.application_event AS e
            WHERE e.application_id = a.id AND e.command = 'ask' ORDER BY e.seq DESC LIMIT 1) ELSE '[]' END,
        'answers', COALESCE(s.body -> 'answers', '[]'), 'changes', COALESCE(s.body -> 'changes', '{}'),
        'appeal_until', CASE WHEN a.state = 'refused' AND a.appeal_id IS NULL THEN (SELECT log.time_text(e.at + governance.duration('appeal_seconds'))
            FROM licensing.application_event AS e WHERE e.application_id = a.id ORDER BY e.seq DESC LIMIT 1) END,
        'evaluation', (SELECT e.output FROM licensing.evaluation AS e WHERE e.subject = a.id ORDER BY e.at DESC, e.id DESC LIMIT 1),
        'offer_id', (SELECT o.id FROM licensing.offer AS o WHERE o.application_id = a.id AND a.state IN ('offered', 'agreed')
                     ORDER BY o.at DESC LIMIT 1),
        'turn', licensing.application_turn(a.id), 'renews', a.renews,
        'grant_id', (SELECT g.id FROM licensing.offer AS o JOIN licensing.agreement AS r ON r.offer_id = o.id
                     JOIN licensing.data_grant AS g ON g.agreement_id = r.id WHERE o.application_id = a.id ORDER BY g.created_at DESC LIMIT 1)) || licensing.application_content(a.id)
    FROM licensing.application AS a LEFT JOIN licensing.pool AS p USING (pool_id)
    LEFT JOIN LATERAL (SELECT e.body FROM licensing.application_event AS e WHERE e.application_id = a.id AND e.command = 'submit'
                       ORDER BY e.seq DESC LIMIT 1) AS s ON true
    WHERE a.id = p_id;
$$;
