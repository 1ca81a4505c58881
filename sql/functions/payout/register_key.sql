-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the public half of a key an officer approves with, registered with a fresh second factor (p_fresh, told by the verified session); the private
--          one stays with them.
-- Outcomes: created, forbidden, fresh_sign_in_required, invalid, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION payout.register_key(p_actor uuid, p_key text, p_body jsonb, p_fresh boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'register_key', p_body);
    v_id uuid := log.new_id();
    v_public bytea := pg_catalog.decode(p_body->>'public_key', 'base64');
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT payout.may_see_batches(p_actor) THEN
        RETURN log.refusal('forbidden', 'only officers approve batches');
    END IF;
    IF NOT COALESCE(p_fresh, false) THEN
        RETURN log.answer('fresh_sign_in_required');
    END IF;
    IF pg_catalog.octet_length(v_public) <> 32 OR EXISTS (SELECT FROM payout.approver_key WHERE public_key = v_public) THEN
        RETURN log.refusal('invalid', 'the key is not 32 bytes, or is registered already', '[{"pointer": "/public_key", "detail": "must be a fresh Ed25519 public key"}]');
    END IF;
    INSERT INTO payout.approver_key (id, member_id, public_key) VALUES (v_id, p_actor, v_public);
    RETURN log.remember('payout', p_actor::text, p_key, 'register_key', p_body,
        log.answer('created', pg_catalog.jsonb_build_object('id', v_id, 'public_key', p_body->>'public_key')));
END
$$;
