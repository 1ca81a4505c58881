-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of B1: statements. A digest holds the row, the one before it on the account, the sum of its entries, its file.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_statements(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH sum AS (SELECT n.statement_id, pg_catalog.count(*) AS entries, pg_catalog.sum(n.minor) AS minor FROM payout.bank_entry AS n GROUP BY n.statement_id),
    chained AS (
        SELECT s.*, audit.month_of_day(s.to_on) AS month, s::text AS text, pg_catalog.lag(s::text) OVER w AS before, pg_catalog.max(s.sequence) OVER w AS numbers
        FROM payout.bank_statement AS s WINDOW w AS (PARTITION BY s.bank_account_id ORDER BY s.no))
    SELECT c.id::text, c.month::text, CASE WHEN p_months IS NULL OR c.month = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws('|', c.text, c.before, c.numbers, b.iban, b.opening, x.entries, x.minor,
        (SELECT pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') FROM payout.evidence AS e WHERE e.sha256 = c.file_sha256))) END
    FROM chained AS c LEFT JOIN payout.bank_account AS b ON b.id = c.bank_account_id LEFT JOIN sum AS x ON x.statement_id = c.id;
$$;
