-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where a payee account version stands at p_at: proposed, member_confirmed (a change that waits for a second person), cooling_down, usable, superseded, blocked.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.account_state(p_id uuid, p_at timestamptz) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM payout.payee_account_event AS e WHERE e.id = a.id AND e.kind = 'blocked' AND e.at <= p_at) THEN 'blocked'
        WHEN EXISTS (SELECT FROM payout.payee_account AS n JOIN payout.payee_account_event AS e ON e.id = n.id AND e.usable_at <= p_at
            WHERE n.member_id = a.member_id AND n.version > a.version) THEN 'superseded'
        WHEN u.usable_at <= p_at THEN 'usable'
        WHEN u.usable_at IS NOT NULL THEN 'cooling_down'
        WHEN EXISTS (SELECT FROM payout.payee_account_event AS e WHERE e.id = a.id AND e.kind = 'confirmed') THEN 'member_confirmed'
        ELSE 'proposed' END
    FROM payout.payee_account AS a LEFT JOIN LATERAL (SELECT pg_catalog.min(e.usable_at) AS usable_at FROM payout.payee_account_event AS e WHERE e.id = a.id) AS u ON true
    WHERE a.id = p_id;
$$;
