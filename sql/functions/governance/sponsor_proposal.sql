-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: adds a sponsor; the one that completes the number admits the proposal.
-- Outcomes: ok, admitted, already_sponsored, not_found, not_allowed_here, forbidden.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.sponsor_proposal(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
BEGIN
    IF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF EXISTS (SELECT FROM governance.sponsor AS s WHERE s.proposal_id = p_id AND s.member_id = p_actor) THEN
        RETURN log.refusal('already_sponsored', 'your name stands among the sponsors');
    ELSIF p.state <> 'submitted' THEN
        RETURN log.refusal('not_allowed_here', 'sponsors are collected while a proposal is submitted; this one is in state ' || p.state);
    ELSIF NOT governance.is_elector(p_actor, p) THEN
        RETURN log.refusal('forbidden', 'only those who may vote on it sponsor a proposal');
    END IF;
    INSERT INTO governance.sponsor (proposal_id, member_id, at) VALUES (p_id, p_actor, pg_catalog.now());
    PERFORM governance.admit_proposal(p_id);
    SELECT * INTO p FROM governance.proposal WHERE id = p_id;
    RETURN log.answer(CASE WHEN p.state = 'submitted' THEN 'ok' ELSE 'admitted' END, pg_catalog.jsonb_build_object('id', p_id, 'state', p.state,
        'sponsors', (SELECT pg_catalog.count(*) FROM governance.sponsor AS s WHERE s.proposal_id = p_id), 'sponsors_needed', p.sponsors_needed));
END
$$;
