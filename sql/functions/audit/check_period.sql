-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: L7 for one closed month: it is closed, was over when it was, and stays so; nothing was recorded in it since, nothing of another month stands in it; its frozen
--          trial balance is that of the close before and every posting since, account by account (aspect is the account), is zero where the chart wants that, and is the
--          document whose hash was kept.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_period(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH close AS MATERIALIZED (
        SELECT p.*, pg_catalog.to_char(p.month, 'YYYY-MM') AS name, (SELECT pg_catalog.max(b.month) FROM payout.period AS b WHERE b.month < p.month AND b.closed_at IS NOT NULL) AS before
        FROM payout.period AS p WHERE p.month = p_month),
    side AS (
        SELECT b.owner_id, b.account_id, b.minor::numeric AS due, 0::numeric AS frozen FROM close AS c JOIN payout.period_balance AS b ON b.month = c.before
        UNION ALL
        SELECT p.owner_id, p.account_id, p.minor, 0 FROM close AS c JOIN payout.posting AS p ON p.month <= c.month AND (c.before IS NULL OR p.month > c.before)
        UNION ALL
        SELECT b.owner_id, b.account_id, 0, b.minor FROM close AS c JOIN payout.period_balance AS b ON b.month = c.month),
    account AS MATERIALIZED (SELECT s.owner_id, s.account_id, pg_catalog.sum(s.due) AS due, pg_catalog.sum(s.frozen) AS frozen FROM side AS s GROUP BY s.owner_id, s.account_id),
    named AS MATERIALIZED (SELECT a.path, x.due, x.frozen FROM account AS x LEFT JOIN payout.account AS a ON a.owner_id = x.owner_id AND a.account_id = x.account_id),
    document AS (
        SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to('{"accounts":[' || COALESCE(pg_catalog.string_agg('["' || n.path || '",' || n.frozen || ']', ',' ORDER BY n.path COLLATE "C"), '')
            || '],"currency":"' || (SELECT g.currency FROM governance.charter_in_force AS g LIMIT 1) || '","month":"' || (SELECT c.name FROM close AS c) || '","schema":"trial-balance/1"}', 'UTF8')), 'hex') AS sha256
        FROM named AS n WHERE n.frozen <> 0)
    SELECT 'period', c.name, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM close AS c CROSS JOIN document AS d CROSS JOIN LATERAL (VALUES
        ('state', 'closed', c.state, 'the month was closed and is open again'),
        ('closed_at', 'after the month', CASE WHEN c.closed_at >= (c.month + '1 month'::interval) AT TIME ZONE 'UTC' THEN 'after the month' ELSE c.closed_at::text END, 'the month was closed before it was over'),
        ('trial balance', d.sha256, c.balance_sha256, 'the frozen trial balance is not the document that was logged: one of them was changed later')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'period', c.name, n.path, n.due::text, n.frozen::text, 'the frozen balance is not the one before and all postings since: something was booked into the closed month, or the balance was changed'
    FROM close AS c CROSS JOIN named AS n WHERE n.due <> n.frozen
    UNION ALL
    SELECT 'period', c.name, 'zero ' || n.path, '0', n.frozen::text, 'this account must be zero when a month is closed'
    FROM close AS c CROSS JOIN named AS n WHERE n.frozen <> 0 AND (n.path = 'Assets:Transit' OR n.path LIKE 'Liabilities:Pool:%:Clawback')
    UNION ALL
    SELECT 'txn', t.txn_id::text, x.aspect, x.expected, x.found, x.about
    FROM close AS c JOIN payout.txn AS t ON t.month = c.month CROSS JOIN LATERAL (VALUES
        ('recorded_at', 'before the close', CASE WHEN t.recorded_at > c.closed_at THEN 'after the close' ELSE 'before the close' END, 'the transaction was booked into a month that was closed'),
        ('month', c.month::text, audit.month_of_day(t.occurred_on)::text, 'the transaction is of another month than it stands in')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found;
$$;
