-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: behind each statement that changes invoices (they are issued, paid, credited, written off): licensing's clock looks again at their grants, and at what waits
--          for their licensees. Once for each of these, however many invoices a bank file pays.
-- Outcomes: none.
-- Locks: rows of licensing.grant_due, in id order.
CREATE OR REPLACE FUNCTION payout.wake_grants() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM licensing.wake_grant(g.grant_id) FROM (SELECT DISTINCT a.grant_id FROM after AS a WHERE a.grant_id IS NOT NULL ORDER BY 1) AS g;
    PERFORM licensing.wake_pending(l.licensee) FROM (SELECT DISTINCT a.licensee FROM after AS a ORDER BY 1) AS l;
    RETURN NULL;
END
$$;
