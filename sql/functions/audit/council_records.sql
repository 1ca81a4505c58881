-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: council cases that were decided, with the hash of the record of each: question, outcome, conditions, and the votes by seat with their reasons.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.council_records() RETURNS TABLE (case_id uuid, sha256 text, at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH vote AS (
        SELECT v.case_id, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('body', v.body_name, 'seat', v.seat, 'vote', v.choice, 'code', v.reason_code, 'text', v.reason_text,
            'at', log.time_text(v.at), 'conditions', v.conditions || COALESCE(x.accepted, '[]')) ORDER BY v.body_name, v.seat) AS list
        FROM governance.council_vote AS v LEFT JOIN (
            SELECT o.case_id, o.body_name, o.seat, pg_catalog.jsonb_agg(o.accept ORDER BY o.n) AS accepted FROM governance.condition_vote AS o GROUP BY o.case_id, o.body_name, o.seat)
            AS x USING (case_id, body_name, seat)
        WHERE v.choice IS NOT NULL GROUP BY v.case_id),
    added AS (SELECT k.case_id, pg_catalog.jsonb_agg(k.condition ORDER BY k.n) AS list FROM governance.case_condition AS k GROUP BY k.case_id)
    SELECT c.id, audit.digest(log.canonical(pg_catalog.jsonb_build_object('id', c.id, 'kind', c.kind, 'subject', c.subject, 'decided_by', c.body_name, 'approved', c.approved,
        'decided_at', log.time_text(c.decided_at), 'conditions', c.conditions || COALESCE(a.list, '[]'), 'kept_conditions', c.kept_conditions, 'votes', COALESCE(v.list, '[]')))), c.decided_at
    FROM governance.council_case AS c LEFT JOIN vote AS v ON v.case_id = c.id LEFT JOIN added AS a ON a.case_id = c.id WHERE c.state = 'decided';
$$;
