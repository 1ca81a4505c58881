-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the votes of a case by name of the seat, with reasons and the votes on its conditions; NULL before it is decided.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.case_votes(p_case uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('body', v.body_name, 'seat', v.seat, 'member_id', v.member_id,
            'sealed', governance.sealed_person(v.member_id, false), 'vote', v.choice, 'code', v.reason_code, 'text', v.reason_text, 'at', log.time_text(v.at),
            'conditions', v.conditions || COALESCE((SELECT pg_catalog.jsonb_agg(x.accept ORDER BY x.n) FROM governance.condition_vote AS x
                WHERE x.case_id = v.case_id AND x.body_name = v.body_name AND x.seat = v.seat), '[]')) ORDER BY v.body_name, v.seat), '[]')
        FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.choice IS NOT NULL)
    FROM governance.council_case AS c WHERE c.id = p_case AND c.state = 'decided';
$$;
