-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one payment, for its member and the treasurer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_payment(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body jsonb;
BEGIN
    SELECT pg_catalog.jsonb_build_object('id', p.id, 'batch_id', p.batch_id, 'member_id', p.member_id, 'amount', payout.money(p.minor, payout.currency()), 'state', p.state,
        'payee_account_id', p.payee_account_id, 'end_to_end_id', p.end_to_end_id, 'uetr', p.uetr, 'booked_on', p.booked_on, 'entry_id', p.entry_id) INTO v_body
    FROM payout.payment AS p WHERE p.id = p_id AND (p.member_id = p_actor OR COALESCE(governance.is_office(p_actor, 'treasurer'), false));
    IF v_body IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such payment, or it is not yours');
    END IF;
    RETURN log.answer('ok', v_body);
END
$$;
