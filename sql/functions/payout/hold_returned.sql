-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: payments that came back (event 9, posted by the caller), as payout.end_payments; for reasons that are not the account's the treasurer is asked to look.
-- Outcomes: none; raises when one was not booked.
-- Locks: those of payout.end_payments.
CREATE OR REPLACE FUNCTION payout.hold_returned(p_returns jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_returns IS NULL THEN
        RETURN;
    END IF;
    PERFORM payout.end_payments(p_returns, 'returned');
    PERFORM payout.alert_treasurer('payment ' || (r->>'id'), 'payment.look', pg_catalog.jsonb_build_object('payment', r->>'id', 'reason', r->>'reason'))
    FROM pg_catalog.jsonb_array_elements(p_returns) AS r WHERE payout.reason_class(r->>'reason') IS DISTINCT FROM 'account';
END
$$;
