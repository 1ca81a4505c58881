-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: L6 over all reversals: header and table say the same; what is reversed is there, was booked before, and is reversed once. Amounts: audit.check_negatives.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_reversals()
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH said AS MATERIALIZED (SELECT t.txn_id, t.reverses, t.txn_no FROM payout.txn AS t WHERE t.reverses IS NOT NULL),
    pair AS (
        SELECT COALESCE(s.txn_id, r.txn_id) AS txn_id, s.reverses AS said, r.reverses AS noted, s.txn_no, o.txn_no AS before, t.txn_id IS NOT NULL AS there
        FROM said AS s FULL JOIN payout.reversal AS r ON r.txn_id = s.txn_id LEFT JOIN payout.txn AS o ON o.txn_id = COALESCE(s.reverses, r.reverses)
        LEFT JOIN payout.txn AS t ON t.txn_id = COALESCE(s.txn_id, r.txn_id))
    SELECT 'txn', p.txn_id::text, x.aspect, x.expected, x.found, x.about
    FROM pair AS p CROSS JOIN LATERAL (VALUES
        ('reverses', COALESCE(p.said::text, 'nothing'), COALESCE(p.noted::text, 'nothing'), 'the transaction says that it reverses another than is noted: what is noted can be reversed again'),
        ('reversed', 'a transaction', CASE WHEN p.before IS NULL THEN 'none' ELSE 'a transaction' END, 'it reverses a transaction that is none'),
        ('reversal', 'a transaction', CASE WHEN p.there THEN 'a transaction' ELSE 'none' END, 'the reversal that is noted was never booked, or its row was deleted'),
        ('order', 'behind ' || p.before, CASE WHEN p.txn_no <= p.before THEN p.txn_no::text ELSE 'behind ' || p.before END, 'it was booked before what it reverses')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found
    UNION ALL
    SELECT 'txn', r.reverses::text, 'reversals', '1', pg_catalog.count(*)::text, 'the transaction was reversed more than once'
    FROM (SELECT s.reverses, s.txn_id FROM said AS s UNION SELECT n.reverses, n.txn_id FROM payout.reversal AS n) AS r GROUP BY r.reverses HAVING pg_catalog.count(*) > 1;
$$;
