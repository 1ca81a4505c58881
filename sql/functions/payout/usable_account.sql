-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the payee account version that may be paid to now, NULL when there is none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.usable_account(p_member uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT u.id FROM payout.usable_payee AS u WHERE u.member_id = p_member;
$$;
