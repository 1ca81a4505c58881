-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: who sent a receipt that waits in suspense, as the bank wrote it.
-- Outcomes: ok {name, iban}, either may be null; forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_sender(p_actor uuid, p_entry uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_detail jsonb;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer makes bills');
    END IF;
    SELECT e.detail->'details'->0 INTO v_detail FROM payout.bank_entry AS e WHERE e.id = p_entry AND e.minor > 0;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such receipt');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('name', v_detail->>'debtor_name', 'iban', v_detail->>'debtor_iban'));
END
$$;
