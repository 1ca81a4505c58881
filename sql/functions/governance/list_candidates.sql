-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the candidates of an election as it stands: whoever stands, has as many nominations as the rule row asks for, may vote in it, and
--          holds nothing that does not go with it: [{number, member_id}]. Numbers follow SHA-256 of commonhold-candidates/1:<proposal>:<member>,
--          ascending: nobody chooses them, and anybody finds them again.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_candidates(p governance.proposal) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('number', l.number, 'member_id', l.member_id) ORDER BY l.number), '[]')
    FROM (SELECT c.member_id, pg_catalog.row_number() OVER (ORDER BY governance.hash_text('commonhold-candidates/1:' || p.id || ':' || c.member_id) COLLATE "C") AS number
          FROM governance.candidate AS c
          WHERE c.proposal_id = p.id AND c.stands AND c.nominations >= (p.rule ->> 'sponsors_min')::bigint
            AND governance.is_elector(c.member_id, p) AND governance.incompatibility(p, c.member_id) IS NULL) AS l;
$$;
