-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member stands for election, or says something else to those who may vote. Repeating it answers the same.
-- Outcomes: nominated, incompatible, not_found, not_allowed_here, forbidden.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.stand_for_election(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_refusal log.answer := governance.check_nominating(p, p_actor);
    v_against text;
BEGIN
    IF v_refusal.outcome IS NOT NULL THEN
        RETURN v_refusal;
    END IF;
    v_against := governance.incompatibility(p, p_actor);
    IF v_against IS NOT NULL THEN
        RETURN log.refusal('incompatible', v_against);
    ELSIF NOT EXISTS (SELECT FROM governance.candidate AS c WHERE c.proposal_id = p_id AND c.member_id = p_actor AND c.stands
                          AND c.statement IS NOT DISTINCT FROM p_body ->> 'statement') THEN
        PERFORM governance.write_candidacy(p_id, p_actor, 'stood', p_actor, p_body ->> 'statement');
    END IF;
    RETURN log.answer('nominated', governance.proposal_body(p_id, p_actor));
END
$$;
