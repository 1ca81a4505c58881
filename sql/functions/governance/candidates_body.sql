-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: candidates as everybody sees them, those with a number first: [{member_id, number, statement, nominations, stands, sealed}].
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.candidates_body(p governance.proposal) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('member_id', c.member_id, 'number', (l.value ->> 'number')::integer, 'statement', c.statement,
               'nominations', c.nominations, 'stands', c.stands, 'sealed', governance.sealed_person(c.member_id, false))
               ORDER BY (l.value ->> 'number')::integer NULLS LAST, c.stood_at, c.member_id), '[]')
    FROM governance.candidate AS c
    LEFT JOIN pg_catalog.jsonb_array_elements(governance.effect_of(p.id) -> 'candidates') AS l ON (l.value ->> 'member_id')::uuid = c.member_id
    WHERE c.proposal_id = p.id;
$$;
