-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A7: runs whose money was credited or clawed back, and all refunds.
-- Outcomes: none; p_runs as audit.marked_runs takes it; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_clawbacks(p_months date[], p_runs jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.id::text, r.month::text, CASE WHEN r.text IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', r.text, x.credits, x.booked,
        (SELECT pg_catalog.string_agg(c::text || COALESCE(t.txn_no::text, ''), ',' ORDER BY c.id) FROM payout.clawback AS c LEFT JOIN payout.txn AS t ON t.txn_id = c.txn_id WHERE c.run = r.id),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 0), 0)) FROM payout.clawback AS c JOIN payout.clawback_line AS l ON l.clawback = c.id WHERE c.run = r.id),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p, 0), 0)) FROM payout.clawback AS c JOIN payout.posting AS p ON p.txn_id = c.txn_id WHERE c.run = r.id),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 0), 0)) FROM payout.run_line AS l WHERE l.run = r.id),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p, 0), 0)) FROM payout.account AS a JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id
         WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path = audit.rule_of(r.id) #>> '{refund,first_from}'))) END
    FROM audit.marked_runs(p_runs) AS r CROSS JOIN LATERAL (
        SELECT pg_catalog.string_agg(k::text, ',' ORDER BY k.id) AS credits FROM payout.run_receipt AS u JOIN payout.credit_slice AS k ON k.receipt_slice_id = u.receipt_slice_id AND k.source = 'distributed'
        WHERE u.run = r.id) AS k CROSS JOIN LATERAL (
        SELECT k.credits, (SELECT pg_catalog.string_agg(t.txn_id::text, ',' ORDER BY t.txn_id) FROM payout.run AS o JOIN payout.txn AS t ON t.claws_back = o.txn_id WHERE o.id = r.id) AS booked) AS x
    WHERE x.credits IS NOT NULL OR EXISTS (SELECT FROM payout.clawback AS c WHERE c.run = r.id) OR x.booked IS NOT NULL
    UNION ALL
    SELECT 'refunds', 'none', audit.digest(pg_catalog.concat_ws('|', (SELECT pg_catalog.string_agg(k.receipt_slice_id || ' ' || k.minor || ' ' || s.minor, ',' ORDER BY k.id) FROM payout.credit_slice AS k
            JOIN payout.receipt_slice AS s ON s.id = k.receipt_slice_id),
        (SELECT pg_catalog.string_agg(b.id || ' ' || p.id || p.state || p.minor, ',' ORDER BY p.id) FROM payout.bill AS b JOIN payout.payment AS p ON p.bill_id = b.id WHERE b.kind = 'refund'),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p, 0), 0)) FROM (SELECT DISTINCT b.licensee FROM payout.bill AS b WHERE b.kind = 'refund') AS f
         JOIN payout.account AS a ON a.path IN ('Assets:Receivable:' || f.licensee, 'Liabilities:Refundable:' || f.licensee) AND a.owner_id = '00000000-0000-0000-0000-000000000000'
         JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id)))
    WHERE EXISTS (SELECT FROM payout.credit_slice AS k WHERE k.receipt_slice_id IS NOT NULL) OR EXISTS (SELECT FROM payout.bill AS b WHERE b.kind = 'refund');
$$;
