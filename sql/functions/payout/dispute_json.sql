-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a dispute as people see it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.dispute_json(p_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT pg_catalog.jsonb_build_object('id', d.id, 'kind', d.kind, 'state', d.state, 'invoice_id', d.invoice_id, 'member', d.member_id, 'run', d.run,
        'amount', payout.money(d.minor, payout.currency()), 'grounds', d.grounds, 'opened_at', log.time_text(d.opened_at), 'txn_id', d.txn_id,
        'decision', d.decision, 'settled_at', log.time_text(d.settled_at), 'settled_txn_id', d.settled_txn_id)
    FROM payout.dispute AS d WHERE d.id = p_id);
END
$$;
