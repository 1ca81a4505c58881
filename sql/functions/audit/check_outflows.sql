-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: B2 for the statements that end in one month: each debit of the bank is in the ledger: it was booked, as something that takes money out, and where it
--          booked payments of ours, those come to its amount. What its transactions moved is compared by audit.misbooked.
-- Outcomes: none; a row is a finding, found and expected are what left the account.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_outflows(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH entry AS MATERIALIZED (
        SELECT n.id, n.minor FROM payout.bank_entry AS n LEFT JOIN payout.bank_statement AS s ON s.id = n.statement_id
        WHERE n.minor < 0 AND audit.month_of_day(COALESCE(s.to_on, n.booked_on)) = p_month),
    debit AS MATERIALIZED (
        SELECT e.id, e.minor, f.txn_id AS first, l.kind, l.txn_id AS last
        FROM entry AS e LEFT JOIN payout.entry_match AS f ON f.entry_id = e.id AND f.step = 1
        LEFT JOIN (SELECT DISTINCT ON (m.entry_id) m.entry_id, m.kind, m.txn_id FROM entry AS n JOIN payout.entry_match AS m ON m.entry_id = n.id ORDER BY m.entry_id, m.step DESC) AS l ON l.entry_id = e.id),
    booked AS (
        SELECT d.id, COALESCE(pg_catalog.sum(p.minor), 0) AS minor FROM debit AS d LEFT JOIN payout.payment AS p ON p.entry_id = d.id AND p.booked_txn_id = d.last WHERE d.kind = 'payment' GROUP BY d.id)
    SELECT 'bank_entry', d.id::text, 'justification', '0', (-d.minor)::text, 'the bank took money out and the ledger knows nothing of it: ask the bank who was paid'
    FROM debit AS d WHERE d.first IS NULL OR NOT EXISTS (SELECT FROM payout.txn AS t WHERE t.txn_id = d.first)
    UNION ALL
    SELECT 'bank_entry', d.id::text, 'kind ' || d.kind, '0', (-d.minor)::text, 'money went out and was explained as something that comes in'
    FROM debit AS d WHERE d.kind NOT IN ('suspense_debit', 'payment', 'bank_fee', 'transfer', 'reversal')
    UNION ALL
    SELECT 'bank_entry', d.id::text, 'payments', x.minor::text, (-d.minor)::text, 'the entry is not the payments that it is said to have booked'
    FROM debit AS d JOIN booked AS x ON x.id = d.id WHERE x.minor <> -d.minor;
$$;
