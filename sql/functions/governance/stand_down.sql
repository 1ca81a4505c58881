-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a candidate takes it back, before the list is closed. Nominations stay, should they stand again.
-- Outcomes: ok, not_found, not_allowed_here, forbidden.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.stand_down(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_refusal log.answer := governance.check_nominating(p, p_actor);
BEGIN
    IF v_refusal.outcome IS NOT NULL THEN
        RETURN v_refusal;
    ELSIF EXISTS (SELECT FROM governance.candidate AS c WHERE c.proposal_id = p_id AND c.member_id = p_actor AND c.stands) THEN
        PERFORM governance.write_candidacy(p_id, p_actor, 'withdrawn', p_actor, NULL);
    END IF;
    RETURN log.answer('ok', governance.proposal_body(p_id, p_actor));
END
$$;
