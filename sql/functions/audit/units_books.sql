-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of R1, R2, R3, B2, B4 and B5: the months of the books. A digest holds what those checks read for the month: transactions that
--          follow documents with their postings; invoices issued in it, and those that were paid, credited or written off in it, whole; ratings;
--          statements that end in it with their entries; what those were matched to; payments that ended by its transactions, and what was held for them.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_books(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH booked AS MATERIALIZED (SELECT t.txn_id, t.month, t.kind, t AS row FROM payout.txn AS t WHERE t.kind = ANY (audit.document_kinds())),
    entry AS MATERIALIZED (
        SELECT n.id, audit.month_of_day(COALESCE(s.to_on, n.booked_on)) AS month, n AS entry, s AS statement
        FROM payout.bank_entry AS n LEFT JOIN payout.bank_statement AS s ON s.id = n.statement_id),
    touched AS (
        SELECT i.id, audit.month_of_day(i.issued_on) AS month FROM payout.invoice AS i WHERE i.no IS NOT NULL
        UNION SELECT c.credits, audit.month_of_day(c.issued_on) FROM payout.invoice AS c WHERE c.credits IS NOT NULL AND c.no IS NOT NULL
        UNION SELECT s.invoice_id, t.month FROM payout.receipt_slice AS s JOIN booked AS t ON t.txn_id = s.txn_id
        UNION SELECT w.invoice_id, t.month FROM payout.write_off AS w JOIN booked AS t ON t.txn_id = w.txn_id),
    part AS (
        SELECT i.id, ROW(i) AS row FROM payout.invoice AS i UNION ALL SELECT i.id, ROW(pg_catalog.sha256(e.bytes)) FROM payout.invoice AS i JOIN payout.evidence AS e ON e.sha256 = i.doc_sha256
        UNION ALL SELECT l.invoice_id, ROW(l) FROM payout.invoice_line AS l UNION ALL SELECT v.invoice_id, ROW(v) FROM payout.invoice_vat AS v
        UNION ALL SELECT s.invoice_id, ROW(s) FROM payout.revenue_slice AS s UNION ALL SELECT k.invoice_id, ROW(k) FROM payout.credit_slice AS k
        UNION ALL SELECT c.credits, ROW(c) FROM payout.invoice AS c WHERE c.credits IS NOT NULL
        UNION ALL SELECT w.invoice_id, ROW(w) FROM payout.write_off AS w UNION ALL SELECT s.invoice_id, ROW(s, u)
            FROM payout.receipt_slice AS s LEFT JOIN payout.receipt_undone AS u ON u.txn_id = s.txn_id),
    whole AS (
        SELECT p.id, pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p.row, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p.row, 1), 1))) AS text
        FROM part AS p GROUP BY p.id),
    thing AS (
        SELECT t.month, ROW(t.row) AS row FROM booked AS t
        UNION ALL SELECT t.month, ROW(p) FROM booked AS t JOIN payout.posting AS p ON p.txn_id = t.txn_id WHERE p_months IS NULL OR t.month = ANY (p_months)
        UNION ALL SELECT t.month, ROW(r, f, o.recorded_at) FROM booked AS t JOIN payout.receipt AS r ON r.txn_id = t.txn_id
            LEFT JOIN payout.entry_match AS f ON f.entry_id = r.entry_id AND f.step = 1 LEFT JOIN payout.txn AS o ON o.txn_id = r.first_txn_id
        UNION ALL SELECT t.month, ROW(r) FROM booked AS t JOIN payout.txn_ref AS r ON r.txn_id = t.txn_id WHERE r.kind = 'invoice'
        UNION ALL SELECT t.month, ROW(q) FROM booked AS t JOIN payout.entry_match AS m ON m.txn_id = t.txn_id JOIN payout.entry_match AS p ON p.entry_id = m.entry_id AND p.step = m.step - 1
            JOIN payout.posting AS q ON q.txn_id = p.txn_id WHERE t.kind = 'match_reversed'
        UNION ALL SELECT t.month, ROW(p) FROM booked AS t JOIN payout.payment AS p ON p.ended_txn_id = t.txn_id
        UNION ALL SELECT t.month, ROW(p) FROM booked AS t JOIN payout.payment AS p ON p.booked_txn_id = t.txn_id
        UNION ALL SELECT t.month, ROW(h.id, h.member_id, h.reason, h.minor, h.txn_id) FROM booked AS t JOIN payout.hold AS h ON h.txn_id = t.txn_id
        UNION ALL SELECT t.month, ROW(m, n.entry, n.statement) FROM booked AS t JOIN payout.entry_match AS m ON m.txn_id = t.txn_id LEFT JOIN entry AS n ON n.id = m.entry_id
        UNION ALL SELECT n.month, ROW(n.entry, n.statement) FROM entry AS n
        UNION ALL SELECT n.month, ROW(m, t.row) FROM entry AS n JOIN payout.entry_match AS m ON m.entry_id = n.id LEFT JOIN booked AS t ON t.txn_id = m.txn_id
        UNION ALL SELECT n.month, ROW(p) FROM entry AS n JOIN payout.payment AS p ON p.entry_id = n.id
        UNION ALL SELECT n.month, ROW(r) FROM entry AS n JOIN payout.receipt AS r ON r.entry_id = n.id
        UNION ALL SELECT u.month, ROW(w.text) FROM touched AS u JOIN whole AS w ON w.id = u.id
        UNION ALL SELECT audit.month_of(r.rated_at), ROW(r, (SELECT pg_catalog.string_agg(pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex'), ',' ORDER BY e.sha256)
            FROM payout.evidence AS e WHERE e.sha256 IN (r.plan_sha256, r.usage_sha256)), w.text, g.price, (SELECT pg_catalog.string_agg(u.meter || ' ' || u.units, ',' ORDER BY u.meter)
            FROM audit.sealed_units(r.pool_id, r.month, r.grant_id) AS u)) FROM payout.rating AS r LEFT JOIN whole AS w ON w.id = r.invoice_id
            LEFT JOIN licensing.data_grant AS g ON g.id = r.grant_id)
    SELECT t.month::text, t.month::text, CASE WHEN p_months IS NULL OR t.month = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws(',', pg_catalog.count(*),
            pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(t.row, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(t.row, 1), 1)),
            (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', b.id, b.name, b.iban), ',' ORDER BY b.id) FROM payout.bank_account AS b))) END
    FROM thing AS t WHERE t.month IS NOT NULL GROUP BY t.month;
$$;
