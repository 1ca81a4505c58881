-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: paid slices of a pool and month that a run may take (payout.distributable_slice), with the rule in force when their money was received: recorded_at of the
--          transaction that first booked the bank entry. p_licensee NULL: of all licensees.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.free_slices(p_pool text, p_month date, p_licensee uuid)
RETURNS TABLE (id bigint, txn_id uuid, pool_id uuid, licensee uuid, minor bigint, received_at timestamptz, rule_sha256 text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.receipt_slice_id, s.txn_id, s.pool_id, s.licensee, s.minor, f.recorded_at, b.sha256
    FROM payout.distributable_slice AS s JOIN payout.receipt AS r ON r.txn_id = s.txn_id JOIN payout.txn AS f ON f.txn_id = r.first_txn_id
    LEFT JOIN LATERAL payout.rule_at(f.recorded_at) AS b ON true
    WHERE s.pool = p_pool AND s.service_month = p_month AND (p_licensee IS NULL OR s.licensee = p_licensee);
$$;
