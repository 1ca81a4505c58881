-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A4 for the receipts booked in a month ('none': those whose transaction is not there): the slices of each are what its transaction moved into
--          Received, pool by pool, so that nothing is distributed that was not paid.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_received(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH receipt AS (SELECT c.txn_id FROM payout.receipt AS c LEFT JOIN payout.txn AS t ON t.txn_id = c.txn_id WHERE COALESCE(t.month::text, 'none') = p_unit),
    side AS (
        SELECT s.txn_id, s.pool, s.minor::numeric AS sliced, 0 AS posted FROM receipt AS c JOIN payout.receipt_slice AS s ON s.txn_id = c.txn_id WHERE s.line > 0
        UNION ALL
        SELECT c.txn_id, pg_catalog.split_part(a.path, ':', 3), 0, -p.minor::numeric
        FROM receipt AS c JOIN payout.posting AS p ON p.txn_id = c.txn_id JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id
        WHERE a.path LIKE 'Liabilities:Pool:%:Received'),
    pool AS (SELECT s.txn_id, s.pool, pg_catalog.sum(s.sliced) AS sliced, pg_catalog.sum(s.posted) AS posted FROM side AS s GROUP BY s.txn_id, s.pool)
    SELECT 'receipt', p.txn_id::text, 'received of pool ' || p.pool, p.posted::text, p.sliced::text, (p.sliced - p.posted)::bigint, 'member',
        'the slices of this receipt are not what its transaction moved into Received: compare receipt_slice with the postings'
    FROM pool AS p WHERE p.sliced <> p.posted;
$$;
