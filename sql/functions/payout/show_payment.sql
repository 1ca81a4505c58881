-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one payment, for its member and the treasurer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_payment(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payout.payment AS p WHERE p.id = p_id AND (p.member_id = p_actor OR COALESCE(governance.is_office(p_actor, 'treasurer'), false))) THEN
        RETURN log.refusal('not_found', 'there is no such payment, or it is not yours');
    END IF;
    RETURN log.answer('ok', payout.payment_json(p_id));
END
$$;
