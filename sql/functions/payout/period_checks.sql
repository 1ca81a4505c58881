-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what must be true of a month before it closes, and what is only told (blocking false); detail is for a refusal, facts for a page.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.period_checks(p_month date) RETURNS TABLE (item text, blocking boolean, done boolean, detail text, facts jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH span AS (SELECT (p_month + '1 month'::interval)::date AS next),
    bank AS (
        SELECT a.id, a.name, c.account_id, COALESCE((SELECT pg_catalog.sum(p.minor) FROM payout.posting AS p
                   WHERE p.owner_id = c.owner_id AND p.account_id = c.account_id AND p.month <= p_month), 0) AS book,
               -- The opening balance counts from the month it was booked in, each entry from the day the bank booked it.
               COALESCE((SELECT pg_catalog.sum(p.minor) FROM payout.posting AS p JOIN payout.txn AS t ON t.month = p.month AND t.txn_id = p.txn_id AND t.kind = 'bank_opening'
                   WHERE p.owner_id = c.owner_id AND p.account_id = c.account_id AND p.month <= p_month), 0)
               + COALESCE((SELECT pg_catalog.sum(e.minor) FROM payout.bank_entry AS e JOIN payout.bank_statement AS s ON s.id = e.statement_id
                   WHERE s.bank_account_id = a.id AND e.booked_on < n.next), 0) AS told,
               COALESCE((SELECT b.minor FROM payout.balance AS b WHERE b.owner_id = c.owner_id AND b.account_id = c.account_id), 0) AS now,
               l.closing, l.to_on
        FROM span AS n CROSS JOIN payout.bank_account AS a
        LEFT JOIN payout.account AS c ON c.owner_id = '00000000-0000-0000-0000-000000000000' AND c.path = 'Assets:Bank:' || a.name
        LEFT JOIN LATERAL (SELECT s.closing, s.to_on FROM payout.bank_statement AS s WHERE s.bank_account_id = a.id ORDER BY s.no DESC LIMIT 1) AS l ON true)
    SELECT 'month_over', true, n.next <= payout.today(), 'the month ends before ' || n.next, pg_catalog.jsonb_build_object('before', n.next) FROM span AS n
    UNION ALL
    SELECT 'earlier_closed', true, x.month IS NULL, COALESCE(pg_catalog.to_char(x.month, 'YYYY-MM') || ' is open and has bookings', 'all months before are closed'),
        pg_catalog.jsonb_build_object('month', pg_catalog.to_char(x.month, 'YYYY-MM'))
    FROM (SELECT pg_catalog.min(p.month) AS month FROM payout.period AS p WHERE p.month < p_month AND p.state <> 'closed'
          AND EXISTS (SELECT FROM payout.txn AS t WHERE t.month = p.month)) AS x
    UNION ALL
    SELECT 'reconciled:' || b.name, true, b.book = b.told AND b.now = COALESCE(b.closing, b.now),
        pg_catalog.format('bank account %s: the book says %s at the end of the month, its statements %s', b.name, b.book, b.told),
        pg_catalog.jsonb_build_object('account', b.name, 'book', payout.money(b.book::bigint, payout.currency()), 'statements', payout.money(b.told::bigint, payout.currency()),
            'now', payout.money(b.now, payout.currency()), 'closing', payout.money(b.closing, payout.currency()))
    FROM bank AS b
    UNION ALL
    SELECT 'statement_to_end:' || b.name, false, COALESCE(b.to_on >= n.next - 1, false), pg_catalog.format('the last statement of %s is of %s', b.name, COALESCE(b.to_on::text, 'no day yet')),
        pg_catalog.jsonb_build_object('account', b.name, 'to', b.to_on)
    FROM bank AS b CROSS JOIN span AS n
    UNION ALL
    SELECT 'zero:' || a.path, true, pg_catalog.sum(p.minor) = 0, a.path || ' stands at ' || pg_catalog.sum(p.minor),
        pg_catalog.jsonb_build_object('account', a.path, 'balance', payout.money(pg_catalog.sum(p.minor)::bigint, payout.currency()))
    FROM payout.chart AS c JOIN payout.account AS a ON a.owner_id = '00000000-0000-0000-0000-000000000000' AND payout.chart_shape(a.path) = c.shape
    JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id AND p.month <= p_month
    WHERE c.zero_at_close GROUP BY a.path
    UNION ALL
    SELECT 'suspense_empty', false, COALESCE(pg_catalog.bool_and(b.minor = 0), true), 'entries nobody has explained wait in suspense',
        pg_catalog.jsonb_build_object('waiting', payout.money(COALESCE(pg_catalog.sum(pg_catalog.abs(b.minor)), 0)::bigint, payout.currency()))
    FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path IN ('Liabilities:Suspense:Unmatched', 'Assets:Suspense:Debit')
    UNION ALL
    SELECT 'invoices_issued', false, pg_catalog.count(*) = 0, pg_catalog.count(*) || ' drafts of this month or before are not issued',
        pg_catalog.jsonb_build_object('drafts', pg_catalog.count(*))
    FROM payout.invoice AS i WHERE i.state = 'draft' AND i.service_month <= p_month;
$$;
