-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the class whose steward, or deputy, a member is now, in good standing; NULL for others, for the author of the proposal, for
--          whom it would expel, and for a candidate of the election.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.steward_class(p_member uuid, p_proposal uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog."left"(o.seat, 1) FROM governance.office_in_force AS o
    WHERE o.member_id = p_member AND o.body IN ('steward', 'steward_deputy') AND governance.is_office(p_member, o.body)
      AND NOT EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = p_proposal AND p_member IN (p.author, governance.accused_of(p)))
      AND NOT EXISTS (SELECT FROM governance.candidate AS c WHERE c.proposal_id = p_proposal AND c.member_id = p_member AND c.stands)
      AND o.from_at <= pg_catalog.clock_timestamp() AND o.until_at > pg_catalog.clock_timestamp()
    ORDER BY o.body LIMIT 1;
$$;
