-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: puts every unused paid slice of the run's scope and rule into the run, the fees of their receipts with the first run that takes one, and what earlier runs of the scope carried.
-- Outcomes: none.
-- Locks: the primary keys of run_receipt and run_fee; the runs that carried.
CREATE OR REPLACE FUNCTION payout.claim_slices(p_run uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run;
    INSERT INTO payout.run_receipt (receipt_slice_id, run, minor)
    SELECT s.id, p_run, s.minor FROM payout.free_slices(v_run.pool, v_run.service_month, v_run.licensee) AS s
    WHERE s.pool_id = v_run.pool_id AND s.rule_sha256 = v_run.rule_sha256;
    INSERT INTO payout.run_fee (txn_id, run, minor)
    SELECT DISTINCT r.txn_id, p_run, r.fee
    FROM payout.run_receipt AS u JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id JOIN payout.receipt AS r ON r.txn_id = s.txn_id
    WHERE u.run = p_run AND r.fee > 0 AND NOT EXISTS (SELECT FROM payout.run_fee AS f WHERE f.txn_id = r.txn_id);
    UPDATE payout.run SET carried_to = p_run WHERE pool_id = v_run.pool_id AND state = 'posted' AND carried > 0 AND carried_to IS NULL
        AND (licensee IS NULL OR v_run.licensee IS NULL OR licensee = v_run.licensee);
END
$$;
