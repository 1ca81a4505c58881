-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A7 of all refunds: no credit notes take more of a paid slice than was paid, and no licensee was refunded more than was received from
--          it.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_refunds(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH slice AS (
        SELECT s.id, s.minor, pg_catalog.sum(k.minor) AS credited FROM payout.credit_slice AS k JOIN payout.receipt_slice AS s ON s.id = k.receipt_slice_id GROUP BY s.id, s.minor),
    refunded AS (
        SELECT b.licensee, pg_catalog.sum(p.minor) AS minor FROM payout.bill AS b JOIN payout.payment AS p ON p.bill_id = b.id AND p.state IN ('in_flight', 'booked') WHERE b.kind = 'refund' GROUP BY b.licensee),
    received AS (
        SELECT f.licensee, -pg_catalog.sum(p.minor) AS minor FROM refunded AS f
        JOIN payout.account AS a ON a.path IN ('Assets:Receivable:' || f.licensee, 'Liabilities:Refundable:' || f.licensee) AND a.owner_id = '00000000-0000-0000-0000-000000000000'
        JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id
        JOIN payout.receipt AS c ON c.txn_id = p.txn_id AND NOT EXISTS (SELECT FROM payout.receipt_undone AS u WHERE u.txn_id = c.txn_id) GROUP BY f.licensee)
    SELECT 'receipt_slice', s.id::text, 'credited', s.minor::text, s.credited::text, (s.credited - s.minor)::bigint, 'licensee', 'credit notes take more of this payment than it was'
    FROM slice AS s WHERE p_unit = 'refunds' AND s.credited > s.minor
    UNION ALL
    SELECT 'licensee', f.licensee::text, 'refunded', COALESCE(c.minor, 0)::text, f.minor::text, (f.minor - COALESCE(c.minor, 0))::bigint, 'licensee', 'more was paid back than was received'
    FROM refunded AS f LEFT JOIN received AS c USING (licensee) WHERE p_unit = 'refunds' AND f.minor > COALESCE(c.minor, 0);
$$;
