-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: promises money of a fund under a resolution or budget award in force for it (event 22): {fund, amount, resolution, purpose}. What is
--          left of it is payout.resolution_left.
-- Outcomes: committed, over_award, over_fund, forbidden, invalid, idempotency_conflict, those of payout.post.
-- Locks: those of payout.resolution_left, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.create_commitment(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_commitment', p_body);
    v_id uuid := log.new_id();
    v_txn uuid := log.new_id();
    v_resolution text := p_body->>'resolution';
    v_path text := 'Equity:Fund:' || (p_body->>'fund');
    v_minor bigint := (p_body->'amount'->>'minor')::bigint;
    v_left numeric;
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer commits funds');
    END IF;
    IF p_body->'amount'->>'currency' <> payout.currency() OR v_minor < 1 THEN
        RETURN log.refusal('invalid', 'the amount is positive and in the book currency', '[{"pointer": "/amount", "detail": "must be positive, in the book currency"}]');
    END IF;
    v_left := payout.resolution_left(v_resolution, v_path);
    IF v_minor <= v_left IS NOT TRUE THEN
        RETURN log.refusal('over_award', COALESCE(pg_catalog.format('%s are left of it', v_left),
            'no resolution or award of this name is in force for ' || v_path));
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'commitment', 'occurred_on', payout.today(), 'actor', p_actor,
            'resolution', v_resolution),
        p_body || pg_catalog.jsonb_build_object('schema', 'commitment/1', 'id', v_id),
        pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', v_path, 'minor', v_minor),
            pg_catalog.jsonb_build_object('path', 'Equity:Committed:' || (p_body->>'fund'), 'minor', -v_minor)));
    IF v_post.outcome = 'bound_broken' THEN
        RETURN log.refusal('over_fund', 'the fund has less than this free');
    ELSIF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    INSERT INTO payout.commitment (id, fund, resolution, purpose, minor, txn_id, made_by)
    VALUES (v_id, p_body->>'fund', v_resolution, p_body->>'purpose', v_minor, v_txn, p_actor);
    RETURN log.remember('payout', p_actor::text, p_key, 'create_commitment', p_body, log.answer('committed', payout.commitment_json(v_id)));
END
$$;
