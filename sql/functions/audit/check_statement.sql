-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: B1 for one statement: it follows the one before on its account without a gap, opens where that closed (the first where the account was opened), and its
--          entries are the difference to its closing. The bank's file is compared in C.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_statement(p_statement uuid)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH statement AS MATERIALIZED (
        SELECT s.*, p.id AS before, COALESCE(p.closing, b.opening) AS stood, p.to_on AS before_on, l.sequence AS number,
            (SELECT pg_catalog.count(*) FROM payout.bank_entry AS n WHERE n.statement_id = s.id) AS there,
            (SELECT COALESCE(pg_catalog.sum(n.minor), 0) FROM payout.bank_entry AS n WHERE n.statement_id = s.id) AS moved
        FROM payout.bank_statement AS s LEFT JOIN payout.bank_account AS b ON b.id = s.bank_account_id
        LEFT JOIN LATERAL (SELECT o.id, o.closing, o.to_on FROM payout.bank_statement AS o WHERE o.bank_account_id = s.bank_account_id AND o.no < s.no ORDER BY o.no DESC LIMIT 1) AS p ON true
        LEFT JOIN LATERAL (SELECT o.sequence FROM payout.bank_statement AS o WHERE o.bank_account_id = s.bank_account_id AND o.no < s.no AND o.sequence IS NOT NULL ORDER BY o.no DESC LIMIT 1) AS l ON true
        WHERE s.id = p_statement)
    SELECT 'bank_statement', s.id::text, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM statement AS s CROSS JOIN LATERAL (VALUES
        ('previous', COALESCE(s.before::text, 'none'), s.previous::text, 'it follows another statement than it says: one was deleted'),
        ('opening', s.stood::text, s.opening::text, 'it does not open where the one before closed: a statement is missing'),
        ('entries', (s.closing - s.opening)::text, s.moved::text, 'its entries are not the difference of its balances: one was changed, added or deleted'),
        ('count', s.entries::text, s.there::text, 'it has another number of entries than were imported'),
        ('sequence', CASE WHEN s.number IS NULL OR s.sequence = 1 AND pg_catalog.date_part('year', s.to_on) > pg_catalog.date_part('year', s.before_on) THEN COALESCE(s.sequence::text, 'none')
            ELSE (s.number + 1)::text END, s.sequence::text, 'the bank''s numbers have a gap: a statement is missing')) AS x (aspect, expected, found, about)
    WHERE x.expected <> COALESCE(x.found, 'none');
$$;
