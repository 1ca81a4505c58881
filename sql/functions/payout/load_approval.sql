-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the text an approval of this batch signs and the key to check it with. Body: {office_id, key_id, at, signature}.
-- Outcomes: ok, forbidden, not_found, same_person, approver_is_payee, not_allowed_here, invalid.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_approval(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch payout.batch;
    v_body text;
    v_key payout.approver_key;
    v_limit bigint;
BEGIN
    SELECT * INTO v_batch FROM payout.batch WHERE id = p_id;
    SELECT o.body INTO v_body FROM governance.office_in_force AS o WHERE o.office_id = (p_body->>'office_id')::uuid AND o.member_id = p_actor
        AND o.from_at <= pg_catalog.now() AND (o.until_at IS NULL OR o.until_at > pg_catalog.now())
        AND o.body IN ('treasurer', 'board', 'council', 'membership_officer', 'licensing_officer');
    IF v_body IS NULL THEN
        RETURN log.refusal('forbidden', 'you do not hold this office, or it approves no batches');
    END IF;
    IF v_batch.id IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    IF v_batch.made_by = p_actor OR EXISTS (SELECT FROM payout.approval WHERE batch_id = p_id AND member_id = p_actor) THEN
        RETURN log.refusal('same_person', 'maker, approver and second approver are three people');
    END IF;
    IF v_batch.state <> 'frozen' THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || v_batch.state);
    END IF;
    -- Two offices at least among the three: the maker's is treasurer.
    IF v_body = 'treasurer' AND EXISTS (SELECT FROM payout.approval WHERE batch_id = p_id AND body = 'treasurer') THEN
        RETURN log.refusal('same_person', 'maker and approvers come from two offices at least');
    END IF;
    v_limit := COALESCE((SELECT (c.doc->'hold'->'approver_limit'->>'minor')::bigint FROM governance.charter_in_force AS c), 10000);
    IF (SELECT pg_catalog.sum(minor) FROM payout.payment WHERE batch_id = p_id AND member_id = p_actor) > v_limit THEN
        RETURN log.refusal('approver_is_payee', 'the batch pays you over the voted amount');
    END IF;
    SELECT * INTO v_key FROM payout.approver_key WHERE id = (p_body->>'key_id')::uuid AND member_id = p_actor;
    IF v_key.id IS NULL OR v_key.revoked_at IS NOT NULL THEN
        RETURN log.refusal('invalid', 'this is no key of yours, or it is revoked', '[{"pointer": "/key_id", "detail": "must be a key of yours that is not revoked"}]');
    END IF;
    IF (p_body->>'at')::timestamptz NOT BETWEEN GREATEST(v_batch.frozen_at, v_key.from_at) - '1 minute'::interval AND pg_catalog.now() + '1 minute'::interval THEN
        RETURN log.refusal('invalid', 'the time is before the batch was frozen or the key made, or to come', '[{"pointer": "/at", "detail": "must be the time of signing"}]');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('body', v_body, 'public_key', pg_catalog.encode(v_key.public_key, 'hex'),
        'text', payout.approval_text(v_batch, (p_body->>'office_id')::uuid, p_body->>'at')));
END
$$;
