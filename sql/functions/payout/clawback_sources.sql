-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where each member's line of a clawback comes from: Payable, then what is held, then a debt; what has become unclaimed stays for the member. Lines of funds pass through.
-- Outcomes: rows.
-- Locks: none; the caller holds the balances.
CREATE OR REPLACE FUNCTION payout.clawback_sources(p_lines jsonb) RETURNS TABLE (id text, minor bigint, payable bigint, held bigint, owed bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.id, s.minor, s.payable, LEAST(s.held, s.minor - s.payable), CASE WHEN s.id ~ ':' THEN 0 ELSE GREATEST(0, s.minor - s.payable - s.held) END
    FROM (SELECT l.id, l.amount AS minor, LEAST(l.amount, COALESCE(-b.minor, 0)) AS payable,
            COALESCE((SELECT pg_catalog.sum(h.minor) FROM payout.hold AS h WHERE h.member_id::text = l.id AND h.released_at IS NULL AND h.reason <> 'Unclaimed'), 0)::bigint AS held
        FROM pg_catalog.jsonb_to_recordset(p_lines) AS l (id text, amount bigint)
        LEFT JOIN payout.account AS a ON a.owner_id = CASE WHEN l.id !~ ':' THEN l.id::uuid END AND a.path = 'Liabilities:Member:' || l.id || ':Payable'
        LEFT JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id) AS s;
$$;
