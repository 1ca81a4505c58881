-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether an open appeal against the conduct of the vote holds a proposal up before it takes effect; for appeal_seconds at most.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_appealed(p_proposal uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM governance.panel_case AS a WHERE a.kind = 'vote' AND a.subject = p_proposal AND a.state <> 'decided'
                       AND a.opened_at + governance.duration('appeal_seconds') > pg_catalog.clock_timestamp());
$$;
