-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: L6: each reversal moves, account by account, the exact negative of what it reverses. Aspect is the account. A pair of which one has no postings, or no row,
--          is told by L1 and audit.check_reversals.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_negatives()
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH pair AS MATERIALIZED (SELECT t.txn_id, t.reverses FROM payout.txn AS t JOIN payout.txn AS o ON o.txn_id = t.reverses),
    side AS (
        SELECT p.txn_id, q.owner_id, q.account_id, -q.minor::numeric AS due, 0::numeric AS booked FROM pair AS p JOIN payout.posting AS q ON q.txn_id = p.reverses
        UNION ALL
        SELECT p.txn_id, q.owner_id, q.account_id, 0, q.minor FROM pair AS p JOIN payout.posting AS q ON q.txn_id = p.txn_id)
    SELECT 'txn', s.txn_id::text, COALESCE(a.path, 'unknown account'), pg_catalog.sum(s.due)::text, pg_catalog.sum(s.booked)::text, 'the reversal is not the exact negative of what it reverses'
    FROM side AS s LEFT JOIN payout.account AS a ON a.owner_id = s.owner_id AND a.account_id = s.account_id
    GROUP BY s.txn_id, a.path, s.owner_id, s.account_id HAVING pg_catalog.sum(s.due) <> pg_catalog.sum(s.booked);
$$;
