-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of B3: statements, by the month of their last day. A digest holds the statement, its account and file, and each of its entries with what
--          it was matched to first: the match, the transaction, its postings and the outside event it names.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_bank(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH statement AS MATERIALIZED (
        SELECT s.id, s.no, x.month, p_months IS NULL OR x.month = ANY (p_months) OR NOT EXISTS (SELECT FROM payout.txn AS t WHERE t.month = x.month) AS looked_at,
            pg_catalog.concat_ws('|', s.id, s.bank_account_id, s.statement_ref, s.file_sha256, b.iban, b.name) AS text, s.file_sha256
        FROM payout.bank_statement AS s CROSS JOIN LATERAL (SELECT audit.month_of_day(s.to_on) AS month) AS x LEFT JOIN payout.bank_account AS b ON b.id = s.bank_account_id),
    matched AS MATERIALIZED (
        SELECT n.statement_id, m.txn_id, n AS entry, m AS match FROM statement AS s JOIN payout.bank_entry AS n ON n.statement_id = s.id
        LEFT JOIN payout.entry_match AS m ON m.entry_id = n.id AND m.step = 1 WHERE s.looked_at),
    part AS (
        SELECT x.statement_id, ROW(x.entry, x.match) AS row FROM matched AS x
        UNION ALL SELECT x.statement_id, ROW(x.txn_id, t.txn_no, t.occurred_on, t.concerns, t.evidence_sha256) FROM matched AS x JOIN payout.txn AS t ON t.txn_id = x.txn_id
        UNION ALL SELECT x.statement_id, ROW(p) FROM matched AS x JOIN payout.posting AS p ON p.txn_id = x.txn_id
        UNION ALL SELECT x.statement_id, ROW(r) FROM matched AS x JOIN payout.txn_ref AS r ON r.txn_id = x.txn_id AND r.kind = 'bank_entry'),
    whole AS (
        SELECT p.statement_id, pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p.row, 0), 0)),
            pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p.row, 1), 1))) AS text
        FROM part AS p GROUP BY p.statement_id)
    SELECT s.id::text, s.month::text, CASE WHEN s.looked_at THEN audit.digest(pg_catalog.concat_ws('|', s.text,
        (SELECT pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') FROM payout.evidence AS e WHERE e.sha256 = s.file_sha256), w.text)) END
    FROM statement AS s LEFT JOIN whole AS w ON w.statement_id = s.id;
$$;
