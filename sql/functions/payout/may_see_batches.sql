-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a person makes, approves or looks after batches: treasurer, board, council, officers.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.may_see_batches(p_actor uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.member_id = p_actor AND o.from_at <= pg_catalog.now()
        AND (o.until_at IS NULL OR o.until_at > pg_catalog.now()) AND o.body IN ('treasurer', 'board', 'council', 'membership_officer', 'licensing_officer'));
END
$$;
