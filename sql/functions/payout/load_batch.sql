-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the head of a draft's file needs: own account, profile, time of freeze, count and total. Its payments come from payout.load_payments.
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
    IF payout.payees_moved(p_id) THEN
        RETURN log.refusal('payee_changed', 'a payee account moved since the batch was made: cancel it and make another');
    END IF;
    RETURN log.answer('ok', (SELECT pg_catalog.jsonb_build_object('id', p_id, 'iban', a.iban, 'bic', a.bic, 'holder', a.holder, 'profile', a.profile,
            'currency', v_batch.currency, 'today', payout.today(), 'execution_on', v_batch.execution_on, 'at', log.time_text(pg_catalog.now()),
            'total', v_batch.total, 'count', v_batch.count)
        FROM payout.bank_account AS a WHERE a.id = v_batch.bank_account_id));
END
$$;
