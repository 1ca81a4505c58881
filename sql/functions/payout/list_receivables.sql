-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: open invoices by days overdue, and the 100 that are overdue longest.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.list_receivables(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    RETURN log.answer('ok', (WITH owed AS (
        SELECT i.*, payout.open_amount(i.id) AS open, payout.today() - i.due_on AS days 
        FROM payout.unpaid AS u JOIN payout.invoice AS i ON i.id = u.invoice_id)
        SELECT pg_catalog.jsonb_build_object(
            'ages', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('days', x.days, 'count', x.count, 'open', payout.money(x.open, payout.currency())) ORDER BY x.first), '[]')
                FROM (SELECT payout.age_bucket(o.days) AS days, pg_catalog.count(*) AS count, pg_catalog.sum(o.open)::bigint AS open, pg_catalog.min(o.days) AS first FROM owed AS o GROUP BY 1) AS x),
            'items', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('invoice_id', o.id, 'number', payout.invoice_number(o.series, o.no), 'licensee', o.licensee,
                'due_on', o.due_on, 'days_overdue', GREATEST(o.days, 0), 'open', payout.money(o.open, o.currency), 'txn_id', o.txn_id,
                'postings', '/payout/v1/accounts/' || a.account_id || '/postings') ORDER BY o.due_on, o.no), '[]')
                FROM (SELECT * FROM owed ORDER BY due_on, no LIMIT 100) AS o
                LEFT JOIN payout.account AS a ON a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path = 'Assets:Receivable:' || o.licensee))));
END
$$;
