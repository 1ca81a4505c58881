-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a new version of a member's payee account; C has sealed IBAN, name and what else the bank needs (p_details: BIC, address; may be NULL) and made the commitment. p_body is compared on repeats and holds a hash in place of the IBAN.
-- Outcomes: created, forbidden, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION payout.propose_account(p_actor uuid, p_key text, p_body jsonb, p_iban bytea, p_name bytea, p_hint text, p_salt bytea, p_commitment text,
    p_details bytea)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'propose_account', p_body);
    v_id uuid := log.new_id();
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT EXISTS (SELECT FROM governance.member_standing WHERE member_id = p_actor) THEN
        RETURN log.refusal('forbidden', 'only members have payee accounts');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payee ' || p_actor, 0));
    INSERT INTO payout.payee_account (id, member_id, version, iban_sealed, name_sealed, iban_hint, commitment, details_sealed)
    SELECT v_id, p_actor, COALESCE(pg_catalog.max(version), 0) + 1, p_iban, p_name, p_hint, p_commitment, p_details FROM payout.payee_account WHERE member_id = p_actor;
    INSERT INTO payout.payee_salt (id, salt) VALUES (v_id, p_salt);
    PERFORM log.append_leaf('payee_account', p_commitment, p_commitment, '{}');
    RETURN log.remember('payout', p_actor::text, p_key, 'propose_account', p_body, log.answer('created', payout.account_json(v_id)));
END
$$;
