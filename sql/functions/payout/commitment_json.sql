-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a commitment as everybody sees it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.commitment_json(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', c.id, 'fund', c.fund, 'resolution', c.resolution, 'purpose', c.purpose, 'amount', payout.money(c.minor, x.currency),
        'spent', payout.money(c.spent, x.currency), 'lapsed', payout.money(c.lapsed, x.currency), 'left', payout.money(c.minor - c.spent - c.lapsed, x.currency),
        'state', CASE WHEN c.lapsed_at IS NOT NULL THEN 'lapsed' WHEN c.spent = c.minor THEN 'spent' ELSE 'open' END,
        'made_at', log.time_text(c.made_at), 'lapsed_at', log.time_text(c.lapsed_at), 'reason', c.lapse_reason, 'txn_id', c.txn_id)
    FROM payout.commitment AS c, (SELECT payout.currency() AS currency) AS x WHERE c.id = p_id;
$$;
