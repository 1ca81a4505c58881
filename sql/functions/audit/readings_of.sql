-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A2 and the GOV- checks: each reading of a proposal with the time its voting was open, from the proposal's history.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.readings_of(p_proposal uuid) RETURNS TABLE (reading bigint, opened timestamptz, closed timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.row_number() OVER (ORDER BY o.seq), o.at, (SELECT pg_catalog.min(c.at) FROM governance.proposal_event AS c WHERE c.proposal_id = p_proposal AND c.seq > o.seq AND c.to_state = 'closed')
    FROM governance.proposal_event AS o WHERE o.proposal_id = p_proposal AND o.to_state = 'voting';
$$;
