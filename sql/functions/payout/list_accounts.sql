-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: accounts with their balances, by path: the trial balance of now; with p_at that of the end of a day.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_accounts(p_actor uuid, p_at date, p_limit integer, p_after text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_items jsonb;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', x.account_id, 'path', x.path, 'kind', x.kind, 'balance', payout.money(
            CASE WHEN p_at IS NULL THEN x.minor ELSE (SELECT COALESCE(pg_catalog.sum(p.minor), 0)::bigint FROM payout.posting AS p JOIN payout.txn AS t
                ON t.month = p.month AND t.txn_id = p.txn_id WHERE p.owner_id = x.owner_id AND p.account_id = x.account_id AND t.occurred_on <= p_at) END,
            payout.currency())) ORDER BY x.path COLLATE "C") INTO v_items
    FROM (SELECT a.owner_id, a.account_id, a.path, a.kind, b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
        WHERE p_after IS NULL OR a.path COLLATE "C" > p_after ORDER BY a.path COLLATE "C" LIMIT p_limit) AS x;
    RETURN log.answer('ok', (payout.page(v_items, p_limit, 'path')).body || pg_catalog.jsonb_build_object('sum',
        payout.money((SELECT COALESCE(pg_catalog.sum(minor), 0)::bigint FROM payout.balance), payout.currency())));
END
$$;
