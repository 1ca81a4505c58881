-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the account that takes back what a payment did not bring (p_reason: Rejected, Returned): the member's hold (events 8, 9), or the account its
--          bill came from.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.payment_end(p_payment payout.payment, p_reason text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_payment.member_id IS NOT NULL THEN 'Liabilities:Member:' || p_payment.member_id || ':Held:' || p_reason
        ELSE payout.payment_source(p_payment) END;
$$;
