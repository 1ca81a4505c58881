-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands against a member as candidate of an election, or NULL: board with council, council with staff of a licensee that holds a
--          paid grant, steward with candidate.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.incompatibility(p governance.proposal, p_member uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN governance.is_office(p_member, 'steward') OR governance.is_office(p_member, 'steward_deputy')
            THEN 'stewards open the ballots: they do not stand for election'
        WHEN governance.is_office(p_member, o.other) THEN 'who sits on the ' || o.other || ' does not stand for the ' || o.own
        WHEN EXISTS (SELECT FROM governance.candidate AS c JOIN governance.proposal AS x ON x.id = c.proposal_id
                     WHERE c.member_id = p_member AND c.stands AND x.type = o.other || '_election'
                       AND x.state IN ('discussion', 'frozen', 'voting', 'closed', 'tallied', 'carried', 'cooling'))
            THEN 'who stands for the ' || o.other || ' does not stand for the ' || o.own
        WHEN o.own = 'council' AND EXISTS (
                SELECT FROM licensing.grant_overview AS g WHERE g.state IN ('active', 'suspended') AND governance.is_staff(p_member, g.organisation_id)
                   AND ((g.price -> 'base' ->> 'minor')::bigint > 0 OR (g.price -> 'unit' ->> 'minor')::bigint > 0))
            THEN 'staff of a licensee with a paid grant does not sit on the council'
    END
    FROM (SELECT e.body AS own, CASE e.body WHEN 'board' THEN 'council' ELSE 'board' END AS other
          FROM (SELECT governance.effect_of(p.id) ->> 'body' AS body) AS e) AS o;
$$;
