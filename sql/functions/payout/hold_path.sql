-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the account that a held amount stands on.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.hold_path(p_member uuid, p_reason text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_reason WHEN 'Unclaimed' THEN 'Liabilities:Unclaimed' ELSE 'Liabilities:Member:' || p_member || ':Held:' || p_reason END;
$$;
