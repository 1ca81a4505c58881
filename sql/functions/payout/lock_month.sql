-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the lock between booking in a month (shared) and closing it. Not a share lock of the period's row: all who book at once would write it.
-- Outcomes: none.
-- Locks: advisory, until the end of the transaction.
CREATE OR REPLACE FUNCTION payout.lock_month(p_month date, p_shared boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_shared THEN
        PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('payout month ' || p_month, 0));
    ELSE
        PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout month ' || p_month, 0));
    END IF;
END
$$;
