-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the trial balance at the end of a day (NULL: now): each account of the trust that does not stand at zero; members' accounts in one row a kind, since there may be a
--          million. A day is reckoned from the balances of now, less what is dated later.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.trial_balance(p_actor uuid, p_day date) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '128MB'
AS $$
DECLARE
    v_currency text := payout.currency();
    v_rows jsonb;
    v_sum numeric;
    v_debit numeric;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    WITH later AS (
        SELECT p.owner_id, p.account_id, pg_catalog.sum(p.minor) AS minor
        FROM payout.txn AS t JOIN payout.posting AS p ON p.month = t.month AND p.txn_id = t.txn_id
        WHERE t.occurred_on > p_day AND t.month >= pg_catalog.date_trunc('month', p_day::timestamp)::date AND p.month >= pg_catalog.date_trunc('month', p_day::timestamp)::date
        GROUP BY p.owner_id, p.account_id),
    stood AS NOT MATERIALIZED (
        SELECT b.owner_id, a.account_id, a.path, a.kind, b.minor - COALESCE(l.minor, 0)::bigint AS minor
        FROM payout.balance AS b JOIN payout.account AS a ON a.owner_id = b.owner_id AND a.account_id = b.account_id
        LEFT JOIN later AS l ON l.owner_id = b.owner_id AND l.account_id = b.account_id
        WHERE b.minor <> COALESCE(l.minor, 0)),
    told AS (
        -- A member's id is 36 characters long wherever it stands.
        SELECT NULL::bigint AS account_id, CASE x.kind WHEN 'asset' THEN 'Assets:Receivable:Member:*' ELSE 'Liabilities:Member:*' || x.rest END AS path, x.kind, x.accounts, x.minor
        FROM (SELECT s.kind, CASE s.kind WHEN 'asset' THEN '' ELSE pg_catalog.substr(s.path, 56) END AS rest, pg_catalog.count(*) AS accounts, pg_catalog.sum(s.minor) AS minor
              FROM stood AS s WHERE s.owner_id <> '00000000-0000-0000-0000-000000000000' GROUP BY 1, 2) AS x
        UNION ALL
        SELECT s.account_id, s.path, s.kind, 1, s.minor FROM stood AS s WHERE s.owner_id = '00000000-0000-0000-0000-000000000000')
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('account_id', t.account_id, 'path', t.path, 'kind', t.kind, 'accounts', t.accounts,
               'balance', payout.money(t.minor::bigint, v_currency),
               'postings', '/payout/v1/accounts/' || t.account_id || '/postings') ORDER BY t.path COLLATE "C"),
           COALESCE(pg_catalog.sum(t.minor), 0), COALESCE(pg_catalog.sum(t.minor) FILTER (WHERE t.kind IN ('asset', 'expense')), 0)
    INTO v_rows, v_sum, v_debit FROM told AS t;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('id', COALESCE(p_day::text, 'current'), 'sum', payout.money(v_sum::bigint, v_currency),
        'assets_and_expenses', payout.money(v_debit::bigint, v_currency), 'accounts', COALESCE(v_rows, '[]')));
END
$$;
