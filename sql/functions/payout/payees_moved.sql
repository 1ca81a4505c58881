-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether an account that a batch pays to is no longer the one its payee is to be paid on.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.payees_moved(p_batch uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM payout.payment AS p LEFT JOIN payout.bill AS b ON b.id = p.bill_id LEFT JOIN payout.usable_payee AS u ON u.member_id = p.member_id
        WHERE p.batch_id = p_batch AND CASE WHEN p.member_id IS NULL THEN b.withdrawn_at IS NOT NULL ELSE u.id IS DISTINCT FROM p.payee_account_id END);
$$;
