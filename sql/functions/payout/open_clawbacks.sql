-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a clawback for each credit note and each posted run that gave out what it credits, where there is none yet. Its number follows from both, so
--          nobody chooses its ties.
-- Outcomes: none.
-- Locks: the unique key of clawback.
CREATE OR REPLACE FUNCTION payout.open_clawbacks() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.clawback (id, credit_txn_id, run, run_id, pool, minor, state)
    SELECT log.new_id(), c.txn_id, c.run, 'clawback-' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
        E'commonhold-clawback/1\n' || c.result_hash || E'\n' || c.txn_id || E'\n', 'UTF8')), 'hex'), 32), c.pool, c.minor, 'open'
    FROM (SELECT i.txn_id, r.id AS run, r.result_hash, r.pool, pg_catalog.sum(k.minor)::bigint AS minor
        FROM payout.credit_slice AS k JOIN payout.invoice AS i ON i.id = k.credit_id AND i.txn_id IS NOT NULL
        JOIN payout.run_receipt AS u ON u.receipt_slice_id = k.receipt_slice_id JOIN payout.run AS r ON r.id = u.run
        WHERE k.source = 'distributed' AND NOT EXISTS (SELECT FROM payout.clawback AS b WHERE b.credit_txn_id = i.txn_id AND b.run = r.id)
        GROUP BY i.txn_id, r.id) AS c
    ON CONFLICT (credit_txn_id, run) DO NOTHING;
$$;
