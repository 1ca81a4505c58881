-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: O1 for one batch that was released: what its payments pay out of each account is what the release debited there, and all of it is on its way.
--          The file's lines are compared with the payments in C.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_debits(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH batch AS (SELECT b.id, b.txn_id, b.total, 'Liabilities:PayoutInFlight:' || b.id AS flight FROM payout.batch AS b WHERE b.id = p_unit::uuid AND b.txn_id IS NOT NULL),
    paid AS (
        SELECT COALESCE('Liabilities:Member:' || p.member_id || ':Payable', l.path) AS path, pg_catalog.sum(p.minor) AS minor, p.member_id IS NOT NULL AS to_member
        FROM batch AS b JOIN payout.payment AS p ON p.batch_id = b.id LEFT JOIN payout.bill AS l ON l.id = p.bill_id GROUP BY 1, 3
        UNION ALL SELECT b.flight, -b.total, false FROM batch AS b),
    posted AS (
        SELECT COALESCE(a.path, 'account ' || q.account_id) AS path, pg_catalog.sum(q.minor) AS minor
        FROM batch AS b JOIN payout.posting AS q ON q.txn_id = b.txn_id LEFT JOIN payout.account AS a USING (owner_id, account_id) GROUP BY 1)
    SELECT 'batch', p_unit, 'debit of ' || COALESCE(p.path, d.path), COALESCE(d.minor, 0)::text, COALESCE(p.minor, 0)::text, (COALESCE(p.minor, 0) - COALESCE(d.minor, 0))::bigint,
        CASE WHEN p.to_member OR p.path IS NULL AND d.path LIKE 'Liabilities:Member:%' THEN 'member' ELSE 'outside' END,
        'the batch pays another amount than its release took from this account: compare its payments with the postings of the release'
    FROM paid AS p FULL JOIN posted AS d USING (path) WHERE COALESCE(p.minor, 0) <> COALESCE(d.minor, 0);
$$;
