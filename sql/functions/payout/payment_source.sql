-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the account a payment is taken from when its batch is released: the member's payable, or that of its bill.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.payment_source(p_payment payout.payment) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_payment.member_id IS NOT NULL THEN 'Liabilities:Member:' || p_payment.member_id || ':Payable'
        ELSE (SELECT b.path FROM payout.bill AS b WHERE b.id = p_payment.bill_id) END;
$$;
