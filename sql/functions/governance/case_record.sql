-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the record of a decided case that its leaf hashes: question, outcome, conditions, and each vote by seat with its reasons.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.case_record(p_case uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', c.id, 'kind', c.kind, 'subject', c.subject, 'decided_by', c.body_name, 'approved', c.approved,
        'decided_at', log.time_text(c.decided_at), 'conditions', governance.conditions_of(c.id), 'kept_conditions', c.kept_conditions,
        'votes', (SELECT COALESCE(pg_catalog.jsonb_agg(v.value - 'sealed' - 'member_id' ORDER BY v.ordinality), '[]')
                  FROM pg_catalog.jsonb_array_elements(governance.case_votes(c.id)) WITH ORDINALITY AS v))
    FROM governance.council_case AS c WHERE c.id = p_case;
$$;
