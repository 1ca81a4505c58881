-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a new batch may pay: new attempts that wait, open bills, and what members are owed beyond what waits in drafts. `reason` says why a
--          row is listed instead of paid: below_minimum, cool_down, over_limit.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.payable_now(p_minimum bigint, p_person bigint)
RETURNS TABLE (payment_id uuid, member_id uuid, bill_id uuid, account_id uuid, minor bigint, reason text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH waits AS (
        SELECT p.member_id, pg_catalog.sum(p.minor) AS minor, pg_catalog.bool_or(p.retries IS NULL) AS drafted
        FROM payout.payment AS p WHERE p.state = 'queued' AND p.member_id IS NOT NULL GROUP BY p.member_id),
    found AS (
        SELECT p.id AS payment_id, p.member_id, p.bill_id, u.id AS account_id, p.minor, p.member_id IS NOT NULL AND u.id IS NULL AS cools
        FROM payout.payment AS p LEFT JOIN payout.usable_payee AS u ON u.member_id = p.member_id WHERE p.batch_id IS NULL AND p.state = 'queued'
        UNION ALL
        SELECT NULL, NULL, b.id, NULL, b.minor, false FROM payout.bill AS b
        WHERE b.withdrawn_at IS NULL AND NOT EXISTS (SELECT FROM payout.payment AS p WHERE p.bill_id = b.id AND p.state <> 'cancelled')
        UNION ALL
        SELECT NULL, a.owner_id, NULL, u.id, (-b.minor - COALESCE(w.minor, 0))::bigint, u.id IS NULL
        FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
        LEFT JOIN payout.usable_payee AS u ON u.member_id = a.owner_id LEFT JOIN waits AS w ON w.member_id = a.owner_id
        WHERE a.owner_id <> '00000000-0000-0000-0000-000000000000' AND a.path = 'Liabilities:Member:' || a.owner_id || ':Payable'
            AND -b.minor > COALESCE(w.minor, 0) AND NOT COALESCE(w.drafted, false))
    SELECT f.payment_id, f.member_id, f.bill_id, f.account_id, f.minor,
        CASE WHEN f.payment_id IS NULL AND f.bill_id IS NULL AND f.minor < p_minimum THEN 'below_minimum' WHEN f.cools THEN 'cool_down'
            WHEN f.minor > LEAST(COALESCE(p_person, 99999999999), 99999999999) THEN 'over_limit' END
    FROM found AS f;
$$;
