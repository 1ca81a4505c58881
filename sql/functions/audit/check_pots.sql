-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A4 for one run: its pot is the paid slices it took, each of its scope and at what was left of it, and what earlier runs of the scope carried in;
--          its fees are those of the receipts that count in it first; its frozen inputs say the same (p_inputs: what they say besides their lists; NULL
--          where the stored bytes are others, which A3 tells). A run that was abandoned gave everything back.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_pots(p_unit text, p_inputs jsonb)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH run AS (SELECT r.*, r.state <> 'abandoned' AND r.inputs_sha256 IS NOT NULL AS is_live FROM payout.run AS r WHERE r.id = p_unit::uuid),
    -- What of a paid slice may be distributed: a credit note that came before the run took its part.
    slice AS MATERIALIZED (
        SELECT u.receipt_slice_id AS id, u.minor AS taken, s.id IS NOT NULL AS is_there, s.minor, s.pool_id, s.pool, s.service_month, i.licensee,
            s.minor - COALESCE((SELECT pg_catalog.sum(k.minor) FROM payout.credit_slice AS k WHERE k.receipt_slice_id = s.id AND k.source IN ('received', 'disputed')), 0) AS whole
        FROM payout.run_receipt AS u LEFT JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id LEFT JOIN payout.invoice AS i ON i.id = s.invoice_id WHERE u.run = p_unit::uuid),
    fee AS (SELECT f.txn_id, f.minor, c.fee FROM payout.run_fee AS f LEFT JOIN payout.receipt AS c ON c.txn_id = f.txn_id WHERE f.run = p_unit::uuid),
    due AS (
        SELECT COALESCE((SELECT pg_catalog.sum(s.whole) FROM slice AS s), 0) AS slices, COALESCE((SELECT pg_catalog.sum(f.fee) FROM fee AS f), 0) AS fees,
            COALESCE((SELECT pg_catalog.sum(o.carried) FROM payout.run AS o WHERE o.carried_to = p_unit::uuid), 0) AS carried),
    figure AS (
        SELECT x.aspect, x.expected::text, x.found::text, x.found - x.expected AS delta, x.about FROM run AS r CROSS JOIN due AS d CROSS JOIN LATERAL (VALUES
            ('pot', d.slices + d.carried, r.pot, 'the pot is not its paid slices and what was carried in: a slice was taken out, added or is in another run'),
            ('carried_in', d.carried, r.carried_in, 'what was carried in is not what earlier runs of the scope carried'),
            ('rail_fees', d.fees, r.rail_fees, 'the rail fees are not those of the receipts that count in this run first')) AS x (aspect, expected, found, about)
        WHERE r.is_live AND x.expected IS DISTINCT FROM x.found
        UNION ALL
        SELECT 'slice ' || s.id, s.whole::text, s.taken::text, s.taken - s.whole, 'the run took another amount of the slice than was paid' FROM slice AS s WHERE s.taken IS DISTINCT FROM s.whole
        UNION ALL
        SELECT 'scope of slice ' || s.id, pg_catalog.concat_ws(' ', r.pool, r.service_month, r.licensee),
            pg_catalog.concat_ws(' ', s.pool, s.service_month, CASE WHEN r.licensee IS NOT NULL THEN s.licensee END), s.minor, 'the slice belongs to another pool, month or licensee than the run'
        FROM run AS r CROSS JOIN slice AS s WHERE s.is_there AND ((s.pool_id, s.pool, s.service_month) IS DISTINCT FROM (r.pool_id, r.pool, r.service_month)
            OR (r.licensee IS NOT NULL AND s.licensee IS DISTINCT FROM r.licensee))
        UNION ALL
        SELECT 'state of slice ' || s.id, 'unused', 'in an abandoned run', s.taken, 'an abandoned run keeps a paid slice from being distributed'
        FROM run AS r CROSS JOIN slice AS s WHERE r.state = 'abandoned'
        UNION ALL
        SELECT 'fee of receipt ' || f.txn_id, f.fee::text, f.minor::text, f.minor - f.fee, 'the run took another fee than the receipt has' FROM fee AS f WHERE f.minor IS DISTINCT FROM f.fee
        UNION ALL
        SELECT 'carried_to', pg_catalog.concat_ws(' ', r.pool, r.licensee), pg_catalog.concat_ws(' ', n.pool, n.licensee), r.carried,
            'money was carried to a run of another pool or licensee, or from a run that was never posted'
        FROM run AS r JOIN payout.run AS n ON n.id = r.carried_to
        WHERE r.pool_id <> n.pool_id OR r.licensee <> n.licensee OR r.state <> 'posted' OR n.state = 'abandoned'
        UNION ALL
        SELECT n.aspect, n.expected, n.found, NULL, 'the frozen inputs say another figure than the run'
        FROM run AS r CROSS JOIN LATERAL (VALUES ('frozen pot', p_inputs ->> 'pot', r.pot::text), ('frozen rail_fees', p_inputs ->> 'rail_fees', r.rail_fees::text)) AS n (aspect, expected, found)
        WHERE r.is_live AND p_inputs IS NOT NULL AND n.expected IS DISTINCT FROM n.found)
    SELECT 'run', p_unit, f.aspect, f.expected, f.found, f.delta::bigint, CASE WHEN f.delta IS NOT NULL THEN 'member' END, f.about FROM figure AS f;
$$;
