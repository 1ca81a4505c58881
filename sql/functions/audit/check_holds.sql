-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: H1: what is held is what the holds say, transaction by transaction; the reason of each open hold is still true; what is payable over the minimum
--          to a member who has an account is in a batch within the charter's payout_lag_seconds, and a missing account holds nothing longer than that
--          once there is one. Why a person placed a hold (TaxForm, Consent, Sanctions) cannot be known.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_holds(p_as_of text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH due AS MATERIALIZED (SELECT p_as_of::timestamptz - audit.payout_lag() AS at, audit.minimum_payout(p_as_of::timestamptz) AS minimum),
    usable AS MATERIALIZED (SELECT u.member_id FROM due AS d CROSS JOIN LATERAL audit.usable_since(d.at, p_as_of::timestamptz) AS u),
    side AS (
        SELECT h.txn_id, CASE h.reason WHEN 'Unclaimed' THEN 'Liabilities:Unclaimed' ELSE 'Liabilities:Member:' || h.member_id || ':Held:' || h.reason END AS path, h.minor AS held, 0::bigint AS booked
        FROM payout.hold AS h
        UNION ALL
        SELECT h.released_txn_id, CASE h.reason WHEN 'Unclaimed' THEN 'Liabilities:Unclaimed' ELSE 'Liabilities:Member:' || h.member_id || ':Held:' || h.reason END, -h.minor, 0
        FROM payout.hold AS h WHERE h.released_at IS NOT NULL
        UNION ALL
        SELECT p.txn_id, a.path, 0, -p.minor FROM payout.account AS a JOIN payout.posting AS p USING (owner_id, account_id)
        WHERE a.path = 'Liabilities:Unclaimed' OR a.path LIKE 'Liabilities:Member:%:Held:%'),
    open AS (
        SELECT h.*, CASE
            WHEN h.reason = 'BankMissing' AND EXISTS (SELECT FROM usable AS u WHERE u.member_id = h.member_id) THEN 'the member has an account'
            WHEN h.reason = 'Dispute' AND NOT EXISTS (SELECT FROM payout.dispute AS d WHERE d.kind = 'member' AND d.member_id = h.member_id AND d.run = h.run AND d.state = 'opened')
                THEN 'no dispute is open'
            WHEN h.reason IN ('Returned', 'Rejected') AND NOT EXISTS (SELECT FROM payout.payment AS p WHERE p.member_id = h.member_id AND p.state = pg_catalog.lower(h.reason)
                AND (p.ended_txn_id = h.txn_id OR EXISTS (SELECT FROM payout.clawback AS c WHERE c.txn_id = h.txn_id))
                AND NOT EXISTS (SELECT FROM payout.payment AS r WHERE r.retries = p.id AND r.state <> 'cancelled')) THEN 'no payment came back that was not tried again' END AS gone
        FROM payout.hold AS h WHERE h.released_at IS NULL),
    recent AS MATERIALIZED (
        SELECT p.owner_id, p.account_id, pg_catalog.max(p.after_minor) AS least, pg_catalog.sum(p.minor) AS moved
        FROM due AS d JOIN payout.txn AS t ON t.recorded_at > d.at JOIN payout.posting AS p ON p.month = t.month AND p.txn_id = t.txn_id
        WHERE p.owner_id <> '00000000-0000-0000-0000-000000000000' GROUP BY p.owner_id, p.account_id),
    waits AS (SELECT p.member_id, pg_catalog.sum(p.minor) AS minor FROM payout.payment AS p WHERE p.state = 'queued' AND p.member_id IS NOT NULL GROUP BY p.member_id),
    payable AS (
        SELECT a.path, -b.minor - COALESCE(w.minor, 0) AS free, GREATEST(b.minor, r.least, b.minor - COALESCE(r.moved, 0)) AS least, COALESCE(w.minor, 0) AS waits
        FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) JOIN usable AS u ON u.member_id = a.owner_id
        LEFT JOIN waits AS w ON w.member_id = a.owner_id LEFT JOIN recent AS r USING (owner_id, account_id)
        WHERE b.minor < 0 AND a.path = 'Liabilities:Member:' || a.owner_id || ':Payable')
    SELECT 'txn', s.txn_id::text, 'held on ' || s.path, pg_catalog.sum(s.booked)::text, pg_catalog.sum(s.held)::text, pg_catalog.sum(s.held - s.booked)::bigint, 'trust',
        'the holds that began and ended with this transaction are not what it booked: a hold was added, changed, or dropped'
    FROM side AS s GROUP BY s.txn_id, s.path HAVING pg_catalog.sum(s.held) <> pg_catalog.sum(s.booked)
    UNION ALL
    SELECT 'hold', o.id::text, 'reason', o.reason, o.gone, o.minor, 'trust', 'the reason of the hold has gone: release it' FROM open AS o WHERE o.gone IS NOT NULL
    UNION ALL
    SELECT 'account', p.path, 'in a batch', '0', p.free::text, p.free::bigint, 'trust', 'this is payable for longer than the charter allows, and in no batch'
    FROM payable AS p CROSS JOIN due AS d WHERE -p.least - p.waits >= GREATEST(d.minimum, 1);
$$;
