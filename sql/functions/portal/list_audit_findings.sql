-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what audits found and still find, one page, the order of their ids; by severity, state or check. What is gone is listed when it is asked for. Findings
--          name members by their ids and say what they are owed: they are for those who must answer for them.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.list_audit_findings(p_actor uuid, p_check text, p_severity text, p_state text, p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN NOT (SELECT pg_catalog.bool_or(governance.is_office(p_actor, b)) FROM (VALUES ('board'), ('council'), ('treasurer')) AS v (b))
        THEN log.refusal('forbidden', 'findings are for board, council and treasurer; every member sees the audits and what the log was told of them')
        ELSE log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(x.item ORDER BY x.id), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(x.id ORDER BY x.id DESC))[1] END)) END
    FROM (SELECT f.id, pg_catalog.jsonb_build_object('id', f.id, 'check', f.check_id, 'object_type', f.object_type, 'object', f.object_id, 'aspect', f.aspect,
              'severity', f.severity, 'expected', f.expected, 'found', f.found, 'delta_minor', f.delta_minor, 'direction', f.direction, 'text', f.text,
              'first_run', f.first_run, 'last_run', f.last_run, 'state', f.state, 'reason', f.reason, 'person', f.person, 'settled_by', f.settled_by) AS item
          FROM audit.finding_overview AS f
          WHERE (p_after IS NULL OR f.id > p_after) AND (p_check IS NULL OR f.check_id = p_check) AND (p_severity IS NULL OR f.severity = p_severity)
              AND f.state = COALESCE(p_state, CASE WHEN f.state <> 'gone' THEN f.state END)
          ORDER BY f.id LIMIT p_limit) AS x;
$$;
