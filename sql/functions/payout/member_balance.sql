-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands on an account of a member, debit positive; 0 where it is not open. The row is locked for the caller's booking.
-- Outcomes: none.
-- Locks: the balance.
CREATE OR REPLACE FUNCTION payout.member_balance(p_member uuid, p_path text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_minor bigint;
BEGIN
    SELECT b.minor INTO v_minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.owner_id = p_member AND a.path = p_path FOR UPDATE OF b;
    RETURN COALESCE(v_minor, 0);
END
$$;
