-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: B1: entries whose statement is not there.
-- Outcomes: none; a row is a finding, one for each such statement.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_orphans()
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'bank_statement', n.statement_id::text, 'statement', 'a statement', 'none', pg_catalog.count(*) || ' entries are of a statement that is not there: it was deleted'
    FROM payout.bank_entry AS n WHERE NOT EXISTS (SELECT FROM payout.bank_statement AS s WHERE s.id = n.statement_id) GROUP BY n.statement_id;
$$;
