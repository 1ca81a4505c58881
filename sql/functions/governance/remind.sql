-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: at three quarters of the window, reminds those who have not voted, once. Never moves anything: false.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.remind(p_proposal governance.proposal) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_proposal.opens_at + (p_proposal.closes_at - p_proposal.opens_at) * 3 / 4 <= pg_catalog.clock_timestamp() THEN
        PERFORM governance.notify_members(ARRAY(SELECT r.member_id FROM governance.roll AS r WHERE r.proposal_id = p_proposal.id
                AND r.reading = p_proposal.reading AND NOT r.voted), 'proposal ' || p_proposal.id,
            'voting_reminder' || CASE WHEN p_proposal.reading = 2 THEN '_2' ELSE '' END,
            pg_catalog.jsonb_build_object('proposal_id', p_proposal.id, 'reading', p_proposal.reading, 'closes_at', log.time_text(p_proposal.closes_at)));
    END IF;
    RETURN false;
END
$$;
