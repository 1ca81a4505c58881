-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what B3 says of the ledger alone: postings on bank accounts that no entry and no registered opening stands behind.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_unbacked()
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH posted AS (
        SELECT p.txn_id, p.line, p.minor, a.path FROM payout.account AS a JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id
        WHERE a.path LIKE 'Assets:Bank:%'),
    backed AS (SELECT m.txn_id FROM payout.entry_match AS m JOIN payout.bank_entry AS n ON n.id = m.entry_id WHERE m.step = 1),
    opened AS (SELECT r.txn_id, 'Assets:Bank:' || b.name AS path, b.opening FROM payout.txn_ref AS r JOIN payout.bank_account AS b ON b.id::text = r.external_ref WHERE r.kind = 'bank_opening')
    SELECT 'posting', p.txn_id || '/' || p.line, 'entry', '0', p.minor::text, p.minor, 'trust', 'the ledger moved ' || p.path || ' and no bank entry says so: look for the statement'
    FROM posted AS p WHERE p.txn_id NOT IN (SELECT b.txn_id FROM backed AS b WHERE b.txn_id IS NOT NULL)
        AND NOT EXISTS (SELECT FROM opened AS o WHERE o.txn_id = p.txn_id AND o.path = p.path AND o.opening = p.minor);
$$;
