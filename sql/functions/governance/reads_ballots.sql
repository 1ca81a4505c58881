-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether somebody may see the ballots of a vote when they are published: everybody, but of elections members alone.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.reads_ballots(p_actor uuid, p governance.proposal) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.type NOT IN ('board_election', 'council_election')
        OR EXISTS (SELECT FROM governance.member_now AS m WHERE m.member_id = p_actor AND m.standing IN ('active', 'lapsed', 'suspended'));
$$;
