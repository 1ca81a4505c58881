-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what may still be debited of an account under a resolution in force now; NULL: it allows nothing there. What was debited of it under the resolution
--          counts, whatever for; what was reversed or lapsed does not.
-- Outcomes: none.
-- Locks: advisory on the resolution, so that two that use it up wait for each other.
CREATE OR REPLACE FUNCTION payout.resolution_left(p_resolution text, p_account text) RETURNS numeric
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout resolution ' || p_resolution, 0));
    RETURN (SELECT r.max_minor - COALESCE((SELECT pg_catalog.sum(p.minor)
            FROM payout.txn AS t JOIN payout.posting AS p ON p.txn_id = t.txn_id AND p.month = t.month
            JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id
            WHERE t.resolution = p_resolution AND a.path = p_account AND (p.minor > 0 OR t.kind = 'commitment_lapsed')
                AND NOT EXISTS (SELECT FROM payout.reversal AS v WHERE v.reverses = t.txn_id)), 0)
        FROM governance.resolution_in_force AS r
        WHERE r.resolution = p_resolution AND r.account = p_account AND r.from_at <= pg_catalog.now() AND (r.until_at IS NULL OR r.until_at > pg_catalog.now()));
END
$$;
