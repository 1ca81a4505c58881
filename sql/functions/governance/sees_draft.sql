-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether somebody sees a proposal: a draft only its author does, and of an expulsion the conduct panel and, once called to the hearing, the accused.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.sees_draft(p_actor uuid, p governance.proposal) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.state <> 'draft' OR COALESCE(p.author = p_actor, false) OR (p.type = 'expulsion' AND (governance.is_office(p_actor, 'conduct')
        OR EXISTS (SELECT FROM governance.hearing AS h WHERE h.proposal_id = p.id AND h.accused = p_actor AND h.accused = governance.accused_of(p))));
$$;
