-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what freezing a draft needs: own account, profile, time of freeze, and each payment with its sealed account and the member's wrapped key.
-- Outcomes: ok, forbidden, not_found, not_allowed_here, payee_changed.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_batch(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch payout.batch;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer freezes batches');
    END IF;
    SELECT * INTO v_batch FROM payout.batch WHERE id = p_id;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    IF v_batch.state <> 'draft' THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || v_batch.state);
    END IF;
    IF EXISTS (SELECT FROM payout.payment AS p WHERE p.batch_id = p_id AND payout.usable_account(p.member_id) IS DISTINCT FROM p.payee_account_id) THEN
        RETURN log.refusal('payee_changed', 'a payee account moved since the batch was made: cancel it and make another');
    END IF;
    RETURN log.answer('ok', (SELECT pg_catalog.jsonb_build_object('iban', a.iban, 'bic', a.bic, 'holder', a.holder, 'profile', a.profile, 'currency', v_batch.currency,
            'today', payout.today(), 'execution_on', v_batch.execution_on, 'at', log.time_text(pg_catalog.now()), 'total', v_batch.total, 'count', v_batch.count,
            'message_id', 'CH' || payout.base32(p_id), 'reference_text', (SELECT c.name FROM governance.charter_in_force AS c),
            'payments', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.id, 'member_id', p.member_id, 'minor', p.minor, 'end_to_end_id', p.end_to_end_id,
                'uetr', p.uetr, 'iban', pg_catalog.encode(e.iban_sealed, 'hex'), 'name', pg_catalog.encode(e.name_sealed, 'hex'), 'wrapped', pg_catalog.encode(k.wrapped, 'hex'))
                ORDER BY p.id) FROM payout.payment AS p JOIN payout.payee_account AS e ON e.id = p.payee_account_id
                LEFT JOIN payout.member_key AS k ON k.member_id = p.member_id WHERE p.batch_id = p_id))
        FROM payout.bank_account AS a WHERE a.id = v_batch.bank_account_id));
END
$$;
