-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: who has to act next on an application, and until when: {"who": applicant, signatory, trust (a job), officer, council, board, appeals or
--          nobody, "until"}. A refusal that can be appealed waits for the applicant.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.application_turn(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN a.state IN ('draft', 'returned') THEN
            pg_catalog.jsonb_build_object('who', 'applicant', 'until', log.time_text(a.changed_at + interval '7776000 seconds'))
        WHEN a.state = 'screening' THEN pg_catalog.jsonb_build_object('who', CASE WHEN a.held THEN 'officer' ELSE 'trust' END, 'until', NULL)
        WHEN a.state = 'council_review' THEN pg_catalog.jsonb_build_object('who', governance.decided_by(a.case_id),
            'until', log.time_text(governance.case_due(a.case_id)))
        WHEN a.state = 'offered' THEN pg_catalog.jsonb_build_object('who', 'signatory',
            'until', (SELECT log.time_text(o.valid_until) FROM licensing.offer AS o WHERE o.id = licensing.standing_offer(a.id)))
        WHEN a.state = 'refused' AND a.appeal_id IS NULL AND r.until > pg_catalog.clock_timestamp() THEN
            pg_catalog.jsonb_build_object('who', 'applicant', 'until', log.time_text(r.until))
        WHEN a.state = 'appealed' THEN pg_catalog.jsonb_build_object('who', 'appeals', 'until', log.time_text(governance.case_due(a.appeal_id)))
        ELSE '{"who": "nobody", "until": null}' END
    FROM licensing.application AS a LEFT JOIN LATERAL (SELECT e.at + governance.duration('appeal_seconds') AS until
        FROM licensing.application_event AS e WHERE e.application_id = a.id ORDER BY e.seq DESC LIMIT 1) AS r ON true
    WHERE a.id = p_id;
$$;
