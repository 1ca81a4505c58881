-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one transaction with its postings and where its evidence is.
-- Outcomes: ok, forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_txn(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body jsonb := payout.txn_json(p_id);
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    IF v_body IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such transaction');
    END IF;
    RETURN log.answer('ok', v_body);
END
$$;
