-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member's statements, newest run first: one for each posted or reviewed run of a pool the member contributes to or has a line in; without a line it says why.
--          With them what posted runs gave the member in all, and what is payable now.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_statements(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', page.body || pg_catalog.jsonb_build_object(
        'earned', payout.money((SELECT COALESCE(pg_catalog.sum(l.minor), 0)::bigint FROM payout.run_line AS l JOIN payout.run AS r ON r.id = l.run
            WHERE l.member_id = p_actor AND r.state = 'posted'), payout.currency()),
        'payable', payout.money((SELECT COALESCE(pg_catalog.sum(-b.minor), 0)::bigint FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
            WHERE a.owner_id = p_actor AND a.path = 'Liabilities:Member:' || p_actor || ':Payable'), payout.currency())))
    FROM payout.page((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', x.id, 'run_id', x.run_id, 'pool', x.pool,
            'month', pg_catalog.to_char(x.service_month, 'YYYY-MM'), 'state', x.state, 'amount', payout.money(COALESCE(x.minor, 0), x.currency)) ORDER BY x.id DESC)
        FROM (SELECT r.id, r.run_id, r.pool, r.service_month, r.state, r.currency, l.minor
            FROM payout.run AS r LEFT JOIN payout.run_line AS l ON l.run = r.id AND l.member_id = p_actor
            WHERE r.state IN ('review', 'posted') AND (p_after IS NULL OR r.id < p_after)
                AND (l.run IS NOT NULL OR EXISTS (SELECT FROM licensing.contribution_overview AS c WHERE c.pool_id = r.pool_id AND c.member_id = p_actor))
            ORDER BY r.id DESC LIMIT p_limit) AS x), p_limit, 'id') AS page;
$$;
