-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: spends of a commitment (event 22): its creditor is owed the amount, and the next batch pays the bill. p_body: {amount, reference, ...} with a mark in
--          place of the IBAN; p_sealed as in payout.store_bill.
-- Outcomes: created, over_award, forbidden, not_found, not_allowed_here, invalid, idempotency_conflict, those of payout.post.
-- Locks: the commitment, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.spend_commitment(p_actor uuid, p_key text, p_id uuid, p_body jsonb, p_sealed jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'spend_commitment ' || p_id, p_body);
    v_commitment payout.commitment;
    v_minor bigint := (p_body->'amount'->>'minor')::bigint;
    v_path text := 'Liabilities:Creditor:' || (p_sealed->>'id');
    v_txn uuid := log.new_id();
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer spends of funds');
    END IF;
    SELECT * INTO v_commitment FROM payout.commitment WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such commitment');
    ELSIF v_commitment.lapsed_at IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'the commitment has lapsed');
    ELSIF v_minor NOT BETWEEN 1 AND 99999999999 OR p_body->'amount'->>'currency' <> payout.currency() THEN
        RETURN log.refusal('invalid', 'a bill is 0.01 to 999,999,999.99 in the book currency', '[{"pointer": "/amount", "detail": "must be 0.01 to 999,999,999.99 in the book currency"}]');
    ELSIF v_minor > v_commitment.minor - v_commitment.spent THEN
        RETURN log.refusal('over_award', pg_catalog.format('%s are left of the commitment', v_commitment.minor - v_commitment.spent));
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'commitment_spent', 'occurred_on', payout.today(), 'actor', p_actor,
            'resolution', v_commitment.resolution),
        p_body || pg_catalog.jsonb_build_object('schema', 'commitment-spend/1', 'commitment', p_id, 'bill', p_sealed->>'id'),
        pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Equity:Committed:' || v_commitment.fund, 'minor', v_minor),
            pg_catalog.jsonb_build_object('path', v_path, 'minor', -v_minor)));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.commitment SET spent = spent + v_minor WHERE id = p_id;
    PERFORM payout.store_bill(p_actor, 'creditor', v_path, v_minor, p_sealed, NULL, p_id, NULL, v_txn);
    RETURN log.remember('payout', p_actor::text, p_key, 'spend_commitment ' || p_id, p_body, log.answer('created', payout.bill_json((p_sealed->>'id')::uuid)));
END
$$;
