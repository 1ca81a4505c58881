-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes a proposal back before its text is frozen.
-- Outcomes: ok, not_found, forbidden, frozen.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.withdraw_proposal(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
BEGIN
    IF p.id IS NULL OR (p.state = 'draft' AND (p.author = p_actor) IS NOT TRUE) THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF (p.author = p_actor) IS NOT TRUE THEN
        RETURN log.refusal('forbidden', 'only the author withdraws a proposal');
    ELSIF p.state = 'withdrawn' THEN
        RETURN log.answer('ok', governance.proposal_body(p_id, p_actor));
    ELSIF p.state NOT IN ('draft', 'submitted', 'admitted', 'discussion') THEN
        RETURN log.refusal('frozen', 'in state ' || p.state || ' a proposal is not withdrawn any more');
    END IF;
    PERFORM governance.move_proposal(p_id, 'withdrawn', p_actor, NULL);
    RETURN log.answer('ok', governance.proposal_body(p_id, p_actor));
END
$$;
