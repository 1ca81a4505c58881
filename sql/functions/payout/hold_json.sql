-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a hold as its member and the treasurer see it, with who can lift it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.hold_json(p_hold payout.hold) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', p_hold.id, 'member_id', p_hold.member_id, 'reason', p_hold.reason, 'amount', payout.money(p_hold.minor, payout.currency()),
        'since', log.time_text(p_hold.since), 'txn_id', p_hold.txn_id, 'note', p_hold.note, 'run', p_hold.run, 'lifted_by', payout.hold_lifter(p_hold.reason));
$$;
