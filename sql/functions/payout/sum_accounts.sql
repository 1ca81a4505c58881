-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands on accounts at the end of a day (NULL: now): each account of the trust that does not stand at zero; members' accounts in one row a kind, since there may
--          be a million. A day is reckoned from the balances of now, less what is dated later. A function of SQL, because such a query may run in parallel.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.sum_accounts(p_day date) RETURNS TABLE (account_id bigint, path text, kind text, accounts bigint, minor numeric)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '128MB'
AS $$
    -- A member's id is 36 characters long wherever it stands.
    SELECT x.account_id, CASE WHEN x.account_id IS NOT NULL THEN x.name WHEN x.kind = 'asset' THEN 'Assets:Receivable:Member:*' ELSE 'Liabilities:Member:*' || x.name END, x.kind,
        pg_catalog.count(*), pg_catalog.sum(x.minor)
    FROM (SELECT CASE WHEN o.trust THEN a.account_id END AS account_id, CASE WHEN o.trust THEN a.path WHEN a.kind <> 'asset' THEN pg_catalog.substr(a.path, 56) END AS name, a.kind,
              b.minor - COALESCE(l.minor, 0)::bigint AS minor
          FROM payout.balance AS b JOIN payout.account AS a ON a.owner_id = b.owner_id AND a.account_id = b.account_id
          CROSS JOIN LATERAL (SELECT b.owner_id = '00000000-0000-0000-0000-000000000000' AS trust) AS o
          LEFT JOIN (SELECT p.owner_id, p.account_id, pg_catalog.sum(p.minor) AS minor
                     FROM payout.txn AS t JOIN payout.posting AS p ON p.month = t.month AND p.txn_id = t.txn_id
                     WHERE t.occurred_on > p_day AND t.month >= pg_catalog.date_trunc('month', p_day::timestamp)::date
                         AND p.month >= pg_catalog.date_trunc('month', p_day::timestamp)::date
                     GROUP BY p.owner_id, p.account_id) AS l ON l.owner_id = b.owner_id AND l.account_id = b.account_id
          WHERE b.minor <> COALESCE(l.minor, 0)) AS x
    GROUP BY x.account_id, x.name, x.kind;
$$;
