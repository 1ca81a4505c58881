-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the payments that entries of a staged file name by one rule of the ladder, amounts exact: id: each detail by UETR, EndToEndId or InstrId; batch: PmtInfId or
--          MsgId with the sum of what is in flight; servicer_ref: the reference a status report gave; return: a credit with a return reason, each detail by our ids,
--          not above what was paid. Entries of which a detail finds nothing are left out.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.find_payments(p_import uuid, p_rule text) RETURNS TABLE (entry_id uuid, payment_id uuid, rule text, reason text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH waiting AS (
        SELECT e.* FROM payout.import_entry AS e
        WHERE e.import = p_import AND NOT EXISTS (SELECT FROM payout.import_match AS m WHERE m.import = p_import AND m.entry_id = e.entry_id)
            AND CASE p_rule WHEN 'return' THEN e.minor > 0 AND e.return_reason IS NOT NULL ELSE e.minor < 0 AND NOT e.reversal END),
    detail AS (
        SELECT w.entry_id, pg_catalog.abs(w.minor) AS minor, d.ordinality AS no, pg_catalog.jsonb_array_length(w.detail->'details') AS details,
               COALESCE(d.value->>'return_reason', w.return_reason) AS reason, d.value AS d,
               CASE WHEN d.value->>'uetr' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN (d.value->>'uetr')::uuid END AS uetr,
               COALESCE((d.value->>'minor')::bigint, CASE pg_catalog.jsonb_array_length(w.detail->'details') WHEN 1 THEN pg_catalog.abs(w.minor) END) AS part
        FROM waiting AS w CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(w.detail->'details') WITH ORDINALITY AS d),
    -- A detail's first id that is one of ours decides; ids of two payments of ours in one detail fit none.
    found AS (
        SELECT DISTINCT ON (d.entry_id, d.no) d.entry_id, d.minor, d.details, d.reason, f.id, f.minor AS paid, f.rule,
               pg_catalog.min(f.id::text) OVER w = pg_catalog.max(f.id::text) OVER w
                   AND CASE p_rule WHEN 'id' THEN f.state = 'in_flight' AND f.minor = d.part ELSE f.state = 'booked' AND f.minor >= d.part END AS fits
        FROM detail AS d CROSS JOIN LATERAL (
            SELECT 1 AS rung, 'uetr' AS rule, p.id, p.minor, p.state FROM payout.payment AS p WHERE p.uetr = d.uetr
            UNION ALL SELECT 2, 'end_to_end', p.id, p.minor, p.state FROM payout.payment AS p WHERE p.end_to_end_id = d.d->>'end_to_end_id'
            UNION ALL SELECT 3, 'instruction', p.id, p.minor, p.state FROM payout.payment AS p WHERE p.end_to_end_id = d.d->>'instruction_id') AS f
        WHERE p_rule IN ('id', 'return')
        WINDOW w AS (PARTITION BY d.entry_id, d.no)
        ORDER BY d.entry_id, d.no, f.rung),
    batch AS (
        SELECT n.entry_id, n.rank, p.id, pg_catalog.sum(p.minor) OVER (PARTITION BY n.entry_id, n.rank) AS sum, n.minor
        FROM (SELECT DISTINCT d.entry_id, d.minor, i.rank, i.id FROM detail AS d
              CROSS JOIN LATERAL (VALUES (1, d.d->>'payment_info_id'), (2, d.d->>'message_id')) AS i (rank, id) WHERE p_rule = 'batch' AND i.id LIKE 'CH%') AS n
        CROSS JOIN LATERAL payout.payments_of_id(n.id) AS p
        WHERE p.state = 'in_flight' AND NOT EXISTS (SELECT FROM payout.import_payment AS i WHERE i.import = p_import AND i.payment_id = p.id)),
    servicer AS (
        SELECT r.entry_id, p.id, pg_catalog.sum(p.minor) OVER (PARTITION BY r.entry_id) AS sum, r.minor
        FROM (SELECT w.entry_id, -w.minor AS minor, l.payment_id FROM waiting AS w JOIN payout.status_line AS l ON l.servicer_ref = w.servicer_ref WHERE p_rule = 'servicer_ref'
              UNION
              SELECT d.entry_id, d.minor, l.payment_id FROM detail AS d JOIN payout.status_line AS l ON l.servicer_ref = d.d->>'servicer_ref' WHERE p_rule = 'servicer_ref') AS r
        JOIN payout.payment AS p ON p.id = r.payment_id AND p.state = 'in_flight')
    SELECT f.entry_id, f.id, CASE p_rule WHEN 'return' THEN 'return' ELSE f.rule END, f.reason
    FROM found AS f JOIN (
        SELECT f.entry_id FROM found AS f GROUP BY f.entry_id, f.details, f.minor
        HAVING pg_catalog.count(*) = f.details AND pg_catalog.count(DISTINCT f.id) = f.details AND pg_catalog.bool_and(f.fits)
            AND CASE p_rule WHEN 'return' THEN pg_catalog.sum(f.paid) >= f.minor ELSE pg_catalog.sum(f.paid) = f.minor END) AS w ON w.entry_id = f.entry_id
    UNION ALL SELECT b.entry_id, b.id, CASE b.rank WHEN 1 THEN 'payment_info' ELSE 'batch' END, NULL FROM batch AS b
    WHERE b.sum = b.minor AND NOT EXISTS (SELECT FROM batch AS o WHERE o.entry_id = b.entry_id AND o.rank < b.rank AND o.sum = o.minor)
    UNION ALL SELECT s.entry_id, s.id, 'servicer_ref', NULL FROM servicer AS s WHERE s.sum = s.minor;
$$;
