-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: B5 over all payments: one that says it came back or was refused names a transaction of that kind; one that did not end names none.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_stranded()
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'payment', p.id::text, 'ended', CASE WHEN p.state IN ('returned', 'rejected') THEN p.state ELSE 'none' END, COALESCE(t.kind, CASE WHEN p.ended_txn_id IS NULL THEN 'none' ELSE 'no transaction' END),
        'the payment''s end is in no transaction: its member''s money is nowhere'
    FROM payout.payment AS p LEFT JOIN payout.txn AS t ON t.txn_id = p.ended_txn_id
    WHERE (p.state IN ('returned', 'rejected') OR p.ended_txn_id IS NOT NULL) AND (p.ended_txn_id IS NULL OR t.txn_id IS NULL OR p.state NOT IN ('returned', 'rejected'));
$$;
