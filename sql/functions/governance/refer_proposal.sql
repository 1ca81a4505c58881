-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a council member asks for a referral: opens the case and votes yes in it. The proposal is referred when the case
--          approves.
-- Outcomes: referred, recorded, already_referred, not_found, forbidden, not_allowed_here.
-- Locks: the proposal, exclusive; row of the case.
CREATE OR REPLACE FUNCTION governance.refer_proposal(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_case uuid;
    v_answer log.answer;
BEGIN
    IF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF NOT governance.is_office(p_actor, 'council') THEN
        RETURN log.refusal('forbidden', 'only the ethics council refers a proposal back');
    ELSIF p.referred THEN
        RETURN log.refusal('already_referred', 'a proposal is referred once');
    ELSIF p.state <> 'discussion' OR p.author IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'a proposal is referred to its author while it is discussed');
    END IF;
    v_case := governance.open_council_case('referral', p_id, pg_catalog.jsonb_build_object('proposal_id', p_id, 'version', p.version, 'reason', p_body ->> 'reason_text'));
    v_answer := governance.vote_council_case(p_actor, v_case, pg_catalog.jsonb_build_object('choice', 'yes', 'reason_code', p_body ->> 'reason_code',
        'reason_text', p_body ->> 'reason_text'));
    IF v_answer.outcome <> 'recorded' THEN
        RETURN v_answer;
    END IF;
    RETURN log.answer(CASE WHEN (SELECT x.state FROM governance.proposal AS x WHERE x.id = p_id) = 'referred' THEN 'referred' ELSE 'recorded' END,
        governance.case_body(v_case, p_actor));
END
$$;
