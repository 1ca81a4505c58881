-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes the lock of a case for whoever changes it, and reads it as it then is. NULL fields when there is none. A referral is about a
--          proposal, whose lock comes first: in the clock's order.
-- Outcomes: none.
-- Locks: the proposal, exclusive, for a referral; row of the case.
CREATE OR REPLACE FUNCTION governance.lock_case(p_case uuid) RETURNS governance.council_case
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row governance.council_case;
BEGIN
    PERFORM governance.lock_proposal(c.subject) FROM governance.council_case AS c WHERE c.id = p_case AND c.kind = 'referral';
    SELECT * INTO v_row FROM governance.council_case WHERE id = p_case FOR UPDATE;
    RETURN v_row;
END
$$;
