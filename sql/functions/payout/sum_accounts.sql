-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands on accounts at the end of a day (NULL: now): each account of the trust that does not stand at zero; members' accounts in one row a class, since there may
--          be a million. A day is reckoned from the balances of now, less what is dated later: all of later months, and what of the day's own month is. A function of SQL,
--          because such a query may run in parallel; members' accounts are counted into a few heaps and never sorted.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.sum_accounts(p_day date) RETURNS TABLE (account_id bigint, path text, kind text, accounts bigint, minor numeric)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '128MB' SET enable_sort = off SET jit = off
AS $$
    WITH later AS NOT MATERIALIZED (
        SELECT p.account_id, pg_catalog.sum(p.minor) AS minor
        FROM (SELECT p.account_id, p.minor FROM payout.posting AS p WHERE p.month > p_day
              UNION ALL
              SELECT p.account_id, p.minor FROM payout.txn AS t JOIN payout.posting AS p ON p.month = t.month AND p.txn_id = t.txn_id
              WHERE t.month = pg_catalog.date_trunc('month', p_day::timestamp)::date AND t.occurred_on > p_day) AS p
        GROUP BY p.account_id),
    total AS (
        SELECT s.own, s.class, pg_catalog.count(*) AS accounts, pg_catalog.sum(s.minor) AS minor
        FROM (SELECT CASE WHEN b.class IS NULL THEN b.account_id END AS own, b.class, b.minor - COALESCE(l.minor, 0)::bigint AS minor
              FROM payout.balance AS b LEFT JOIN later AS l ON l.account_id = b.account_id WHERE b.minor <> COALESCE(l.minor, 0)) AS s
        GROUP BY s.own, s.class)
    SELECT t.own, COALESCE(a.path, CASE t.class WHEN '' THEN 'Assets:Receivable:Member:*' ELSE 'Liabilities:Member:*' || t.class END),
        COALESCE(a.kind, CASE t.class WHEN '' THEN 'asset' ELSE 'liability' END), t.accounts, t.minor
    FROM total AS t LEFT JOIN payout.account AS a ON a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.account_id = t.own;
$$;
