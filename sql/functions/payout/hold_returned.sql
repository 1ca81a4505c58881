-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: payments that came back (event 9, posted by the caller): p_returns is an array of {"id", "txn_id", "reason"}. What members were to get is held for them;
--          reasons that make an account unusable block its version and ask the member, others alert the treasurer.
-- Outcomes: none; raises when one was not booked.
-- Locks: those of payout.move_payment.
CREATE OR REPLACE FUNCTION payout.hold_returned(p_returns jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_returns IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id)
    SELECT log.new_id(), p.member_id, 'Returned', p.minor, (r->>'txn_id')::uuid
    FROM pg_catalog.jsonb_array_elements(p_returns) AS r JOIN payout.payment AS p ON p.id = (r->>'id')::uuid WHERE p.member_id IS NOT NULL;
    INSERT INTO payout.payee_account_event (id, kind, reason)
    SELECT DISTINCT ON (p.payee_account_id) p.payee_account_id, 'blocked', r->>'reason'
    FROM pg_catalog.jsonb_array_elements(p_returns) AS r JOIN payout.payment AS p ON p.id = (r->>'id')::uuid
    WHERE p.payee_account_id IS NOT NULL AND payout.reason_class(r->>'reason') = 'account'
    ON CONFLICT DO NOTHING;
    PERFORM payout.move_payment((SELECT pg_catalog.jsonb_agg(r || '{"state": "returned"}') FROM pg_catalog.jsonb_array_elements(p_returns) AS r));
    PERFORM log.notify_member(p.member_id, 'payment ' || p.id, 'payment.returned', pg_catalog.jsonb_build_object('reason', r->>'reason'))
    FROM pg_catalog.jsonb_array_elements(p_returns) AS r JOIN payout.payment AS p ON p.id = (r->>'id')::uuid WHERE p.member_id IS NOT NULL;
    PERFORM payout.alert_treasurer('payment ' || (r->>'id'), 'payment.look', pg_catalog.jsonb_build_object('payment', r->>'id', 'reason', r->>'reason'))
    FROM pg_catalog.jsonb_array_elements(p_returns) AS r WHERE payout.reason_class(r->>'reason') IS DISTINCT FROM 'account';
END
$$;
