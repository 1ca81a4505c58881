-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an application as its organisation and the handlers see it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.application_body(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', a.id, 'organisation_id', a.organisation_id, 'pool', p.ref, 'bundle_id', a.bundle_id,
        'copied_from', a.copied_from, 'state', a.state, 'version', a.revision, 'purpose', a.purpose, 'actions', a.actions,
        'columns', a.columns, 'modes', a.modes, 'region', a.region, 'duration_days', a.duration_days, 'project', a.project,
        'restriction', a.restriction, 'quotas', a.quotas, 'people', a.people, 'case_id', a.case_id, 'reasons', a.reasons,
        'created_at', log.time_text(a.created_at), 'changed_at', log.time_text(a.changed_at),
        'evaluation', (SELECT e.output FROM licensing.evaluation AS e WHERE e.subject = a.id ORDER BY e.at DESC, e.id DESC LIMIT 1),
        'offer_id', (SELECT o.id FROM licensing.offer AS o WHERE o.application_id = a.id AND a.state IN ('offered', 'agreed')
                     ORDER BY o.at DESC LIMIT 1))
    FROM licensing.application AS a JOIN licensing.pool AS p USING (pool_id) WHERE a.id = p_id;
$$;
