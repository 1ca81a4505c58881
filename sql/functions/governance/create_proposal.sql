-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes a draft.
-- Outcomes: created, bootstrap, forbidden, idempotency_conflict.
-- Locks: log.replays.
CREATE OR REPLACE FUNCTION governance.create_proposal(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'create_proposal', p_body);
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF governance.ineligibility(p_actor) IN ('not_a_member', 'not_active', 'observer') THEN
        RETURN log.refusal('forbidden', 'only active members write proposals');
    END IF;
    IF governance.is_bootstrap() AND p_body ->> 'type' NOT IN ('terms', 'benefit_rule', 'prohibit_purpose', 'budget_round', 'policy', 'board_decision') THEN
        RETURN log.refusal('bootstrap', 'until every class has enough members the founding board decides on terms, benefit rules, prohibitions, budgets and policies only');
    END IF;
    INSERT INTO governance.proposal (id, type, state_at, author, subject, created_at)
    VALUES (v_id, p_body ->> 'type', pg_catalog.now(), p_actor, governance.subject_of(p_body -> 'effect'), pg_catalog.now());
    PERFORM governance.write_version(v_id, 1, p_body);
    RETURN log.remember('governance', p_actor::text, p_key, 'create_proposal', p_body, log.answer('created', governance.proposal_body(v_id, p_actor)));
END
$$;
