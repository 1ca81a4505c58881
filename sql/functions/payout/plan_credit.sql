-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where the net amounts of a credit note come from. p_lines: [{line, net}]. A line's amount is spread over its slices by largest remainder over what is not
--          credited of each; of a slice what is not paid comes first, then what is paid and not distributed, then what runs gave out. With p_dispute: the slices in
--          dispute alone. What is in a run under way or in another dispute is nowhere: the rows then sum to less.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.plan_credit(p_invoice uuid, p_dispute uuid, p_lines jsonb)
RETURNS TABLE (line integer, pool_id uuid, service_month date, pool text, source text, receipt_slice_id bigint, minor bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS (
        SELECT s.*, pg_catalog.row_number() OVER (PARTITION BY s.line ORDER BY s.pool_id, s.service_month) AS at, (e->>'net')::bigint AS wanted
        FROM payout.open_slice AS s JOIN pg_catalog.jsonb_array_elements(p_lines) AS e ON (e->>'line')::integer = s.line
        WHERE s.invoice_id = p_invoice),
    spread AS (
        SELECT x.line, h.at, h.minor FROM (SELECT p.line, payout.spread(p.wanted, pg_catalog.array_agg(p.owed - p.credited ORDER BY p.at)) AS shares
            FROM part AS p WHERE p_dispute IS NULL GROUP BY p.line, p.wanted) AS x, pg_catalog.unnest(x.shares) WITH ORDINALITY AS h (minor, at)),
    source AS (
        SELECT p.line, p.at, 'open' AS source, 1 AS rank, NULL::bigint AS receipt_slice_id, p.open AS most FROM part AS p WHERE p_dispute IS NULL
        UNION ALL
        SELECT p.line, p.at, 'received', 2, d.receipt_slice_id, d.minor FROM part AS p JOIN payout.distributable_slice AS d
            ON d.invoice_id = p_invoice AND d.line = p.line AND d.pool_id = p.pool_id AND d.service_month = p.service_month
        WHERE p_dispute IS NULL
        UNION ALL
        SELECT p.line, p.at, 'distributed', 3, u.receipt_slice_id, u.minor - COALESCE((SELECT pg_catalog.sum(k.minor) FROM payout.credit_slice AS k
            WHERE k.receipt_slice_id = u.receipt_slice_id AND k.source = 'distributed'), 0)::bigint
        FROM part AS p JOIN payout.receipt_slice AS s ON s.invoice_id = p_invoice AND s.line = p.line AND s.pool_id = p.pool_id AND s.service_month = p.service_month
            JOIN payout.run_receipt AS u ON u.receipt_slice_id = s.id JOIN payout.run AS r ON r.id = u.run AND r.state = 'posted'
        WHERE p_dispute IS NULL
        UNION ALL
        SELECT p.line, p.at, 'disputed', 4, d.receipt_slice_id, d.minor
        FROM part AS p JOIN payout.receipt_slice AS s ON s.invoice_id = p_invoice AND s.line = p.line AND s.pool_id = p.pool_id AND s.service_month = p.service_month
            JOIN payout.dispute_slice AS d ON d.receipt_slice_id = s.id AND d.dispute_id = p_dispute),
    taken AS (
        SELECT o.*, LEAST(o.most, GREATEST(0, h.minor - COALESCE(pg_catalog.sum(o.most) OVER (PARTITION BY o.line, o.at ORDER BY o.rank, o.receipt_slice_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS minor
        FROM source AS o LEFT JOIN spread AS h ON h.line = o.line AND h.at = o.at)
    SELECT p.line, p.pool_id, p.service_month, p.pool, t.source, t.receipt_slice_id, (CASE WHEN p_dispute IS NULL THEN t.minor ELSE t.most END)::bigint
    FROM taken AS t JOIN part AS p ON p.line = t.line AND p.at = t.at
    WHERE CASE WHEN p_dispute IS NULL THEN t.minor ELSE t.most END > 0;
$$;
