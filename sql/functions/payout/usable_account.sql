-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the payee account version that may be paid to now, NULL when there is none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.usable_account(p_member uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id FROM payout.payee_account AS a WHERE a.member_id = p_member AND payout.account_state(a.id, pg_catalog.clock_timestamp()) = 'usable'
    ORDER BY a.version DESC LIMIT 1;
$$;
