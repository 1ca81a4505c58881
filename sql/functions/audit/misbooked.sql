-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: compares what documents must have moved with what their transactions moved, account by account, for a month of the books. p_what: invoices, receipts,
--          credits or debits (bank entries), ended (payments). Aspect is the account; a document without its transaction and a transaction without its document are
--          told as such, and not account by account.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.misbooked(p_what text, p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH due AS MATERIALIZED (
        SELECT x.* FROM audit.expect_invoices(p_month) AS x WHERE p_what = 'invoices'
        UNION ALL SELECT x.* FROM audit.expect_receipts(p_month) AS x WHERE p_what = 'receipts'
        UNION ALL SELECT x.* FROM audit.expect_entries(p_month) AS x WHERE p_what IN ('credits', 'debits')
        UNION ALL SELECT x.* FROM audit.expect_ended(p_month) AS x WHERE p_what = 'ended'),
    document AS (SELECT d.txn_id, pg_catalog.min(d.object_type) AS object_type, pg_catalog.min(d.object_id) AS object_id FROM due AS d WHERE d.txn_id IS NOT NULL GROUP BY d.txn_id),
    -- An entry goes with its own sign; a debit and a credit that undo each other go together, with the debits.
    ours AS MATERIALIZED (
        SELECT d.* FROM document AS d WHERE p_what NOT IN ('credits', 'debits') OR (p_what = 'debits') = EXISTS (SELECT FROM payout.entry_match AS m JOIN payout.bank_entry AS n ON n.id = m.entry_id
            WHERE m.txn_id = d.txn_id AND n.minor < 0)),
    side AS (
        SELECT d.txn_id, d.path, d.minor AS due, 0::numeric AS booked FROM ours AS o JOIN due AS d ON d.txn_id = o.txn_id
        UNION ALL
        SELECT o.txn_id, a.path, 0, p.minor FROM ours AS o JOIN payout.posting AS p ON p.txn_id = o.txn_id
            LEFT JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id),
    headed AS MATERIALIZED (SELECT o.*, EXISTS (SELECT FROM payout.txn AS t WHERE t.txn_id = o.txn_id) AS headed FROM ours AS o)
    SELECT h.object_type, h.object_id, COALESCE(s.path, 'unknown account'), pg_catalog.sum(s.due)::text, pg_catalog.sum(s.booked)::text,
        'transaction ' || h.txn_id || ' booked another amount on ' || COALESCE(s.path, 'an account that is none') || ' than its document says: compare the two'
    FROM headed AS h JOIN side AS s ON s.txn_id = h.txn_id WHERE h.headed
    GROUP BY h.object_type, h.object_id, h.txn_id, s.path HAVING pg_catalog.sum(s.due) <> pg_catalog.sum(s.booked)
    UNION ALL
    SELECT DISTINCT d.object_type, d.object_id, 'transaction', 'a transaction', 'none', 'the document was never booked, or its transaction was deleted'
    FROM due AS d LEFT JOIN headed AS h ON h.txn_id = d.txn_id WHERE d.txn_id IS NULL OR NOT h.headed
    UNION ALL
    SELECT 'txn', t.txn_id::text, 'document', 'a document', 'none', 'a transaction of kind ' || t.kind || ' that nothing stands behind: look for what it was booked for'
    FROM payout.txn AS t
    WHERE t.month = p_month AND NOT EXISTS (SELECT FROM due AS d WHERE d.txn_id = t.txn_id)
        AND (p_what NOT IN ('credits', 'debits') OR EXISTS (SELECT FROM payout.posting AS q JOIN payout.account AS a ON a.owner_id = q.owner_id AND a.account_id = q.account_id
            WHERE q.txn_id = t.txn_id AND a.path IN ('Liabilities:Suspense:Unmatched', 'Assets:Suspense:Debit'))) AND t.kind = ANY (CASE p_what WHEN 'invoices' THEN ARRAY['invoice', 'credit_note', 'write_off']
        WHEN 'receipts' THEN ARRAY['receipt'] WHEN 'debits' THEN ARRAY['suspense_debit', 'batch_booked', 'bank_fee', 'bank_reversal'] WHEN 'ended' THEN ARRAY['returned', 'rejected']
        WHEN 'credits' THEN ARRAY['suspense', 'dues', 'grant', 'interest', 'transfer', 'match_reversed'] END);
$$;
