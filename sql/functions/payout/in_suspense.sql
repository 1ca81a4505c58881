-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a receipt waits in suspense: the last thing it was matched to is that.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.in_suspense(p_entry uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT m.kind IN ('suspense', 'suspense_debit') FROM payout.entry_match AS m WHERE m.entry_id = p_entry ORDER BY m.step DESC LIMIT 1), false);
$$;
