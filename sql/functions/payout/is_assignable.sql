-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether an entry waits in suspense and is on no bill that sends it back.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.is_assignable(p_entry uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT payout.in_suspense(p_entry) AND NOT EXISTS (SELECT FROM payout.bill AS b WHERE b.entry_id = p_entry AND b.withdrawn_at IS NULL);
$$;
