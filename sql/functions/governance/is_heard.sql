-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether whom a proposal would expel was called to a hearing whose time came, and a record of it is there.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_heard(p governance.proposal) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM governance.hearing AS c JOIN governance.hearing AS r ON r.proposal_id = c.proposal_id AND r.accused = c.accused AND r.n > c.n
        WHERE c.proposal_id = p.id AND c.accused = governance.accused_of(p) AND c.kind = 'call' AND r.kind = 'record' AND r.at >= c.held_at);
$$;
