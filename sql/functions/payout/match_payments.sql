-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: which payments of ours the debits of a staged file booked and which its credits returned, by one rule of the ladder after the other. What was
--          booked is booked before returns are looked for, because a bank may show both in one statement.
-- Outcomes: none.
-- Locks: those of payout.move_payment.
CREATE OR REPLACE FUNCTION payout.match_payments(p_import uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_moves jsonb;
BEGIN
    PERFORM payout.claim_payments(p_import, 'payment', 'id');
    PERFORM payout.claim_payments(p_import, 'payment', 'batch');
    PERFORM payout.claim_payments(p_import, 'payment', 'servicer_ref');
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.payment_id, 'state', 'booked', 'txn_id', e.txn_id, 'entry_id', e.entry_id, 'booked_on', b.booked_on)) INTO v_moves
    FROM payout.import_payment AS p JOIN payout.import_entry AS e ON e.import = p_import AND e.entry_id = p.entry_id JOIN payout.bank_entry AS b ON b.id = e.entry_id
    WHERE p.import = p_import;
    IF v_moves IS NOT NULL THEN
        PERFORM payout.move_payment(v_moves);
    END IF;
    PERFORM payout.claim_payments(p_import, 'return', 'return');
END
$$;
