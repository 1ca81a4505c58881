-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: submits a draft: the rule row in force is copied into it, the effect is validated, the author counts as the first
--          sponsor. Repeating it answers the same.
-- Outcomes: ok, not_found, forbidden, bootstrap, invalid, not_allowed_here.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.submit_proposal(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_effect jsonb := (SELECT v.effect FROM governance.proposal_version AS v WHERE v.proposal_id = p_id AND v.version = p.version);
    v_type text := CASE WHEN governance.is_bootstrap() THEN 'board_decision' ELSE p.type END;
    r governance.rule_version := (SELECT x FROM governance.rule_version AS x WHERE x.type = v_type ORDER BY x.version DESC LIMIT 1);
    v_errors jsonb;
BEGIN
    IF p.id IS NULL OR (p.state = 'draft' AND (p.author = p_actor) IS NOT TRUE) THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF (p.author = p_actor) IS NOT TRUE THEN
        RETURN log.refusal('forbidden', 'only the author submits a proposal');
    ELSIF p.state IN ('submitted', 'admitted', 'discussion') THEN
        RETURN log.answer('ok', governance.proposal_body(p_id, p_actor));
    ELSIF p.state <> 'draft' THEN
        RETURN log.refusal('not_allowed_here', 'the proposal is in state ' || p.state);
    ELSIF NOT governance.can_propose(p_actor, r.rule) THEN
        RETURN CASE WHEN governance.is_bootstrap()
            THEN log.refusal('bootstrap', 'until every class has enough members only the founding board proposes')
            ELSE log.refusal('forbidden', 'a ' || p.type || ' proposal comes from: ' || (r.rule ->> 'proposers')) END;
    END IF;
    IF p.type = 'expulsion' AND NOT governance.is_heard(p) THEN
        RETURN log.refusal('not_allowed_here', 'the accused is heard first: call them to a hearing, hold it and record it');
    END IF;
    v_errors := governance.check_effect(p.type, v_effect) || governance.check_admission(p, r.rule);
    IF v_errors <> '[]' THEN
        RETURN log.refusal('invalid', 'the proposal cannot be submitted as it is', v_errors);
    END IF;
    UPDATE governance.proposal SET rule = governance.rule_for(r.rule, governance.accused_of(p)), rule_type = v_type, rule_version = r.version WHERE id = p_id RETURNING * INTO p;
    UPDATE governance.proposal SET sponsors_needed = governance.sponsors_needed(p) WHERE id = p_id;
    PERFORM governance.move_proposal(p_id, 'submitted', p_actor, NULL);
    INSERT INTO governance.sponsor (proposal_id, member_id, at)
    SELECT p_id, p_actor, pg_catalog.now() WHERE governance.is_elector(p_actor, p);
    PERFORM governance.admit_proposal(p_id);
    RETURN log.answer('ok', governance.proposal_body(p_id, p_actor));
END
$$;
