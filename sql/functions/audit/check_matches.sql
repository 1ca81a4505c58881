-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: B4 for the statements that end in one month: what an entry was matched to is one history without gaps in which suspense and matches take turns, so that nothing
--          is matched twice; each step rests on a transaction of its kind, behind the one before; a transaction books one entry (two that undo each other); a receipt,
--          a booked payment and an outside event name one entry, and one entry one receipt that stands.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_matches(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH entry AS MATERIALIZED (
        SELECT n.id, n.minor, n.entry_key FROM payout.bank_entry AS n LEFT JOIN payout.bank_statement AS s ON s.id = n.statement_id
        WHERE audit.month_of_day(COALESCE(s.to_on, n.booked_on)) = p_month),
    step AS MATERIALIZED (
        SELECT m.entry_id, m.step, m.kind, m.txn_id, t.kind AS booked_as, t.txn_no, m.kind IN ('suspense', 'suspense_debit') AS waits, pg_catalog.row_number() OVER w AS place,
            pg_catalog.lag(m.kind IN ('suspense', 'suspense_debit')) OVER w AS waited, pg_catalog.lag(t.txn_no) OVER w AS before
        FROM entry AS e JOIN payout.entry_match AS m ON m.entry_id = e.id LEFT JOIN payout.txn AS t ON t.txn_id = m.txn_id WINDOW w AS (PARTITION BY m.entry_id ORDER BY m.step, m.txn_id)),
    shared AS MATERIALIZED (
        SELECT s.txn_id, pg_catalog.count(DISTINCT m.entry_id) AS entries FROM (SELECT DISTINCT x.txn_id FROM step AS x) AS s JOIN payout.entry_match AS m ON m.txn_id = s.txn_id GROUP BY s.txn_id)
    SELECT 'bank_entry', e.id::text, 'matches', 'one', 'none', 'the entry was never booked: import its statement again, or look who deleted the match'
    FROM entry AS e WHERE e.minor > 0 AND NOT EXISTS (SELECT FROM step AS s WHERE s.entry_id = e.id)
    UNION ALL
    SELECT 'bank_entry', s.entry_id::text, 'step ' || s.step || ' ' || x.name, x.expected, x.found, x.about
    FROM step AS s CROSS JOIN LATERAL (VALUES
        ('number', s.place::text, s.step::text, 'a step of the entry''s history is missing, or is there twice'),
        ('kind', CASE WHEN s.waited = s.waits THEN CASE WHEN s.waited THEN 'a match' ELSE 'suspense' END ELSE s.kind END, s.kind, 'the entry is matched twice: it was not in suspense before this'),
        ('transaction', 'a transaction', CASE WHEN s.booked_as IS NULL THEN 'none' ELSE 'a transaction' END, 'the match rests on a transaction that is none'),
        ('order', 'behind ' || s.before, CASE WHEN s.txn_no <= s.before THEN s.txn_no::text ELSE 'behind ' || s.before END, 'the match was booked before the one it follows'),
        ('booked as', CASE s.kind WHEN 'payment' THEN 'batch_booked' WHEN 'return' THEN 'returned' WHEN 'reversal' THEN 'bank_reversal' WHEN 'send_back' THEN 'batch_released' ELSE
            CASE WHEN s.waits AND s.step > 1 AND s.booked_as IN ('match_reversed', 'returned', 'rejected') THEN s.booked_as WHEN s.waits AND s.step > 1 THEN 'match_reversed' ELSE s.kind END END,
            s.booked_as, 'the match is of another kind than its transaction')) AS x (name, expected, found, about)
    WHERE x.expected <> x.found
    UNION ALL
    SELECT 'bank_entry', s.entry_id::text, 'step ' || s.step || ' entries', CASE s.kind WHEN 'reversal' THEN '2' ELSE '1' END, h.entries::text, 'one transaction is said to book several entries: money is counted twice'
    FROM step AS s JOIN shared AS h ON h.txn_id = s.txn_id
    WHERE h.entries <> CASE s.kind WHEN 'reversal' THEN 2 ELSE 1 END AND s.kind <> 'send_back' AND s.kind <> 'return' AND NOT (s.waits AND s.step > 1)
    UNION ALL
    SELECT 'bank_entry', e.id::text, x.aspect, 'at most 1', x.times::text, x.about
    FROM entry AS e LEFT JOIN (SELECT x.entry_id, pg_catalog.count(*) AS times FROM payout.receipt AS x WHERE NOT EXISTS (SELECT FROM payout.receipt_undone AS u WHERE u.txn_id = x.txn_id) GROUP BY x.entry_id)
        AS r ON r.entry_id = e.id LEFT JOIN (SELECT x.entry_key, pg_catalog.count(*) AS times FROM payout.bank_entry AS x GROUP BY x.entry_key) AS k ON k.entry_key = e.entry_key CROSS JOIN LATERAL (VALUES
        ('receipts', r.times,
            'the entry stands behind several receipts: invoices were paid with money that came once'),
        ('key', k.times, 'several entries have one key: the bank''s entry was booked twice')) AS x (aspect, times, about)
    WHERE x.times > 1
    UNION ALL
    SELECT 'bank_entry', e.id::text, 'receipt ' || r.txn_id, 'a match', 'none', 'a receipt rests on this entry, which was not matched to it'
    FROM entry AS e JOIN payout.receipt AS r ON r.entry_id = e.id WHERE NOT EXISTS (SELECT FROM step AS s WHERE s.entry_id = e.id AND s.txn_id = r.txn_id AND s.kind = 'receipt')
    UNION ALL
    SELECT 'payment', p.id::text, 'entry', 'the entry that booked it', 'another', 'a payment is said to be booked by an entry whose transaction is another'
    FROM entry AS e JOIN payout.payment AS p ON p.entry_id = e.id WHERE NOT EXISTS (SELECT FROM step AS s WHERE s.entry_id = e.id AND s.txn_id = p.booked_txn_id AND s.kind = 'payment');
$$;
