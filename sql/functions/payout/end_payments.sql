-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: payments that ended as p_state, rejected or returned (events 8 and 9, posted by the caller): p_ends is an array of {"id", "txn_id", "reason"}. What members were to get is
--          held for them, in the order of the array; reasons that make an account unusable block its version and ask the member.
-- Outcomes: none; raises when one was not in the state before.
-- Locks: those of payout.move_payment.
CREATE OR REPLACE FUNCTION payout.end_payments(p_ends jsonb, p_state text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO payout.hold (id, member_id, reason, minor, txn_id)
    SELECT log.new_id(), p.member_id, pg_catalog.initcap(p_state), p.minor, (e.value->>'txn_id')::uuid
    FROM pg_catalog.jsonb_array_elements(p_ends) WITH ORDINALITY AS e JOIN payout.payment AS p ON p.id = (e.value->>'id')::uuid WHERE p.member_id IS NOT NULL ORDER BY e.ordinality;
    INSERT INTO payout.payee_account_event (id, kind, reason)
    SELECT DISTINCT ON (p.payee_account_id) p.payee_account_id, 'blocked', e->>'reason'
    FROM pg_catalog.jsonb_array_elements(p_ends) AS e JOIN payout.payment AS p ON p.id = (e->>'id')::uuid
    WHERE p.payee_account_id IS NOT NULL AND payout.reason_class(e->>'reason') = 'account'
    ON CONFLICT DO NOTHING;
    PERFORM payout.move_payment((SELECT pg_catalog.jsonb_agg(e || pg_catalog.jsonb_build_object('state', p_state)) FROM pg_catalog.jsonb_array_elements(p_ends) AS e));
    PERFORM log.notify_member(p.member_id, 'payment ' || p.id, 'payment.' || p_state, pg_catalog.jsonb_build_object('reason', e->>'reason'))
    FROM pg_catalog.jsonb_array_elements(p_ends) AS e JOIN payout.payment AS p ON p.id = (e->>'id')::uuid WHERE p.member_id IS NOT NULL;
END
$$;
