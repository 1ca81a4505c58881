-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: L5: outside events and idempotency keys. Each event is booked once, by a transaction that is there and of the kind that the event makes, and is the event of
--          a thing that is there; each booking that follows one names it; a transaction has one number and one month; a key stands for one request.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_refs()
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH ref AS MATERIALIZED (
        SELECT r.kind, r.external_ref, r.txn_id, t.kind AS booked_as FROM payout.txn_ref AS r LEFT JOIN payout.txn AS t ON t.txn_id = r.txn_id),
    event AS MATERIALIZED (
        SELECT 'invoice' AS kind, i.id::text AS external_ref, i.txn_id, CASE i.kind WHEN 'INV' THEN 'invoice' ELSE 'credit_note' END AS books FROM payout.invoice AS i WHERE i.no IS NOT NULL
        UNION ALL SELECT 'bank_opening', b.id::text, NULL, 'bank_opening' FROM payout.bank_account AS b WHERE b.opening > 0
        UNION ALL SELECT 'bank_entry', n.entry_key, m.txn_id, t.kind FROM payout.bank_entry AS n JOIN payout.entry_match AS m ON m.entry_id = n.id AND m.step = 1 LEFT JOIN payout.txn AS t ON t.txn_id = m.txn_id
        UNION ALL SELECT 'batch_release', b.id::text, b.txn_id, 'batch_released' FROM payout.batch AS b WHERE b.txn_id IS NOT NULL
        UNION ALL SELECT 'batch_refusal', b.id::text, NULL, 'rejected' FROM payout.batch AS b WHERE b.txn_id IS NOT NULL
        UNION ALL SELECT 'status_report', s.id::text, NULL, 'rejected' FROM payout.status_report AS s
        UNION ALL SELECT 'run', r.run_id, r.txn_id, 'distribution' FROM payout.run AS r WHERE r.state = 'posted' AND r.txn_id IS NOT NULL
        UNION ALL SELECT 'clawback', c.run_id, c.txn_id, 'clawback' FROM payout.clawback AS c WHERE c.txn_id IS NOT NULL)
    SELECT 'event', r.kind || ' ' || r.external_ref, 'bookings', '1', pg_catalog.count(*)::text, 'an outside event was booked more than once' FROM ref AS r GROUP BY r.kind, r.external_ref HAVING pg_catalog.count(*) > 1
    UNION ALL
    SELECT 'event', r.kind || ' ' || r.external_ref, x.aspect, x.expected, x.found, x.about
    FROM ref AS r LEFT JOIN event AS e ON e.kind = r.kind AND e.external_ref = r.external_ref CROSS JOIN LATERAL (VALUES
        ('transaction', 'a transaction', CASE WHEN r.booked_as IS NULL THEN 'none' ELSE 'a transaction' END, 'the event is said to be booked by a transaction that is none'),
        ('event', 'an event', CASE WHEN e.kind IS NULL THEN 'none' ELSE 'an event' END, 'a transaction names an outside event that is none: another may be booked twice'),
        ('kind', COALESCE(e.books, r.booked_as), COALESCE(r.booked_as, e.books), 'the event was booked as something else'),
        ('booked by', COALESCE(e.txn_id, r.txn_id)::text, r.txn_id::text, 'the event names another transaction than its document')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found AND NOT (x.aspect = 'booked by' AND r.kind = 'invoice')
    UNION ALL
    SELECT 'event', e.kind || ' ' || e.external_ref, 'bookings', '1', '0', 'an event whose booking does not name it: it could be booked again'
    FROM event AS e WHERE e.kind NOT IN ('invoice', 'bank_entry', 'batch_refusal', 'status_report') AND NOT EXISTS (SELECT FROM ref AS r WHERE r.kind = e.kind AND r.external_ref = e.external_ref)
    UNION ALL
    SELECT 'txn', t.txn_id::text, 'rows', '1', pg_catalog.count(*)::text, 'one transaction stands in several rows' FROM payout.txn AS t GROUP BY t.txn_id HAVING pg_catalog.count(*) > 1
    UNION ALL
    SELECT 'key', pg_catalog.concat_ws(' ', k.schema_name, k.actor, k.key), x.aspect, '1', x.times::text, x.about
    FROM (SELECT i.schema_name, i.actor, i.key, pg_catalog.count(*) AS rows, pg_catalog.count(DISTINCT i.request_sha256) AS requests FROM log.idempotency AS i GROUP BY 1, 2, 3) AS k
    CROSS JOIN LATERAL (VALUES ('answers', k.rows, 'a key has several answers: a write was done more than once'), ('requests', k.requests, 'a key stands for several requests')) AS x (aspect, times, about)
    WHERE x.times > 1;
$$;
