-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: R2 for one month: each invoice and its one transaction name each other: kind, day, document, outside event; its series is that of its year; two
--          invoices have no transaction together, nor one two. What both moved is compared by audit.misbooked.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_invoices(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH noted AS (SELECT r.external_ref, pg_catalog.string_agg(r.txn_id::text, ' ' ORDER BY r.txn_id) AS txns FROM payout.txn_ref AS r WHERE r.kind = 'invoice' GROUP BY r.external_ref),
    used AS (SELECT i.txn_id, pg_catalog.count(*) AS times FROM payout.invoice AS i WHERE i.txn_id IS NOT NULL GROUP BY i.txn_id),
    booked AS MATERIALIZED (
        SELECT i.id, i.kind, i.series, i.issued_on, i.due_on, i.due_days, i.doc_sha256, i.txn_id, i.state, t.kind AS booked_as, t.occurred_on, t.evidence_sha256,
            r.txns AS ref, o.times
        FROM payout.invoice AS i LEFT JOIN payout.txn AS t ON t.txn_id = i.txn_id LEFT JOIN noted AS r ON r.external_ref = i.id::text LEFT JOIN used AS o ON o.txn_id = i.txn_id WHERE i.no IS NOT NULL AND audit.month_of_day(i.issued_on) = p_month)
    SELECT 'invoice', b.id::text, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM booked AS b CROSS JOIN LATERAL (VALUES
        ('series', b.kind || '-' || pg_catalog.date_part('year', b.issued_on), b.series, 'the number is of another series than its kind and year'),
        ('due_on', (b.issued_on + b.due_days)::text, b.due_on::text, 'the invoice is due on another day than its terms say'),
        ('state', 'issued', CASE WHEN b.state = 'draft' THEN b.state ELSE 'issued' END, 'it has a number and says that it is a draft'),
        ('kind', CASE b.kind WHEN 'INV' THEN 'invoice' ELSE 'credit_note' END, COALESCE(b.booked_as, CASE b.kind WHEN 'INV' THEN 'invoice' ELSE 'credit_note' END), 'its transaction is of another kind'),
        ('date', b.issued_on::text, COALESCE(b.occurred_on, b.issued_on)::text, 'it was booked on another day than it was issued'),
        ('evidence', b.doc_sha256, COALESCE(b.evidence_sha256, b.doc_sha256), 'its transaction rests on another document'),
        ('event', b.txn_id::text, b.ref, 'the journal names another transaction, or none, for this invoice'),
        ('transactions', '1', CASE WHEN b.txn_id IS NULL THEN '1' ELSE b.times::text END, 'another invoice names the same transaction')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found;
$$;
