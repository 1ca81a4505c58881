-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: each fund: what came in (net of what was clawed back), what is promised, what was spent of promises, what is free. in = promised + spent + free.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_funds() RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH fund AS (
        SELECT pg_catalog.split_part(a.path, ':', 3) AS name, a.path, -b.minor AS free,
            COALESCE((SELECT -q.minor FROM payout.account AS c JOIN payout.balance AS q USING (owner_id, account_id)
                WHERE c.owner_id = a.owner_id AND c.path = 'Equity:Committed:' || pg_catalog.split_part(a.path, ':', 3)), 0) AS promised
        FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
        WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path LIKE 'Equity:Fund:%'),
    spent AS (SELECT c.fund, pg_catalog.sum(c.spent)::bigint AS minor FROM payout.commitment AS c GROUP BY c.fund)
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'fund', f.name, 'account', f.path, 'in', payout.money(f.free + f.promised + COALESCE(s.minor, 0), x.currency),
            'promised', payout.money(f.promised, x.currency), 'spent', payout.money(COALESCE(s.minor, 0), x.currency),
            'free', payout.money(f.free, x.currency)) ORDER BY f.name)
        FROM fund AS f LEFT JOIN spent AS s ON s.fund = f.name, (SELECT payout.currency() AS currency) AS x), '[]')));
$$;
