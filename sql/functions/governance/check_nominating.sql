-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands against standing or nominating in a proposal at all; NULL when nothing does.
-- Outcomes: not_found, not_allowed_here, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_nominating(p governance.proposal, p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE
        WHEN p.id IS NULL OR p.state = 'draft' THEN log.refusal('not_found', 'no such proposal')
        WHEN p.rule ->> 'method' <> 'scottish-stv' THEN log.refusal('not_allowed_here', 'this proposal is no election')
        WHEN p.state <> 'discussion' THEN log.refusal('not_allowed_here', 'nominations are open while an election is discussed; this one is in state ' || p.state)
        WHEN NOT governance.is_elector(p_actor, p) THEN log.refusal('forbidden', 'only those who may vote in it stand and nominate') END;
END
$$;
