-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a payment as its payee and the treasurer see it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.payment_json(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', p.id, 'batch_id', p.batch_id, 'member_id', p.member_id, 'bill_id', p.bill_id,
        'amount', payout.money(p.minor, payout.currency()), 'state', p.state, 'payee_account_id', p.payee_account_id, 'end_to_end_id', p.end_to_end_id,
        'uetr', p.uetr, 'booked_on', p.booked_on, 'entry_id', p.entry_id, 'reason', p.reason, 'retries', p.retries,
        'retried_by', (SELECT r.id FROM payout.payment AS r WHERE r.retries = p.id AND r.state <> 'cancelled'),
        'outcome_unknown', COALESCE(b.state IN ('releasing', 'unknown') AND p.state = 'in_flight', false))
    FROM payout.payment AS p LEFT JOIN payout.batch AS b ON b.id = p.batch_id WHERE p.id = p_id;
$$;
