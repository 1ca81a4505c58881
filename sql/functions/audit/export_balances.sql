-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: accounts as an export of p_format names them, with what they hold: NULL, NULL: the balances of the ledger; else the sum of the postings up to a day and a number.
-- Outcomes: rows; of days only accounts that do not stand at zero.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.export_balances(p_format text, p_to date, p_no bigint) RETURNS TABLE (path text, name text, minor numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.path, audit.export_name(p_format, a.path), COALESCE(b.minor, 0)::numeric
    FROM payout.account AS a LEFT JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id WHERE p_to IS NULL
    UNION ALL
    SELECT x.path, audit.export_name(p_format, x.path), x.minor
    FROM (SELECT a.path, pg_catalog.sum(p.minor) AS minor
          FROM payout.txn AS t JOIN payout.posting AS p ON p.month = t.month AND p.txn_id = t.txn_id JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id
          WHERE t.occurred_on <= p_to AND t.txn_no <= p_no GROUP BY a.path HAVING pg_catalog.sum(p.minor) <> 0) AS x;
$$;
