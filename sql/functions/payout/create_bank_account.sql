-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: registers an own bank account; what it holds already is booked as suspense, to be explained like any receipt.
-- Outcomes: created, forbidden, invalid, idempotency_conflict.
-- Locks: those of payout.post.
CREATE OR REPLACE FUNCTION payout.create_bank_account(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_bank_account', p_body);
    v_id uuid := log.new_id();
    v_opening bigint := COALESCE((p_body->'opening'->>'minor')::bigint, 0);
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer registers bank accounts');
    END IF;
    IF EXISTS (SELECT FROM payout.bank_account WHERE name = p_body->>'name' OR iban = p_body->>'iban') THEN
        RETURN log.refusal('invalid', 'there is an account of this name or IBAN already');
    END IF;
    IF COALESCE(p_body->'opening'->>'currency', payout.currency()) <> payout.currency() OR v_opening < 0 THEN
        RETURN log.refusal('invalid', 'the opening balance is not negative and in the book currency',
            '[{"pointer": "/opening", "detail": "must be in the book currency"}]');
    END IF;
    IF v_opening > 0 THEN
        v_post := payout.post_document(pg_catalog.jsonb_build_object('kind', 'bank_opening', 'occurred_on', payout.today(), 'actor', p_actor,
                'refs', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'bank_opening', 'external_ref', v_id))),
            p_body,
            pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('path', 'Assets:Bank:' || (p_body->>'name'), 'minor', v_opening),
                pg_catalog.jsonb_build_object('path', 'Liabilities:Suspense:Unmatched', 'minor', -v_opening)));
        IF v_post.outcome <> 'posted' THEN
            RETURN v_post;
        END IF;
    END IF;
    INSERT INTO payout.bank_account (id, name, iban, bic, holder, currency, profile, salt, opening, created_by)
    VALUES (v_id, p_body->>'name', p_body->>'iban', p_body->>'bic', p_body->>'holder', payout.currency(), COALESCE(p_body->>'profile', 'default'),
        pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), v_opening, p_actor);
    RETURN log.remember('payout', p_actor::text, p_key, 'create_bank_account', p_body,
        log.answer('created', p_body || pg_catalog.jsonb_build_object('id', v_id)));
END
$$;
