-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends an open case without a decision: the application it is about was returned or withdrawn. Votes given stay unpublished. A case
--          that is decided stays so; a repeat changes nothing.
-- Outcomes: none.
-- Locks: row of the case.
CREATE OR REPLACE FUNCTION governance.withdraw_case(p_case uuid, p_reason text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE governance.council_case SET state = 'withdrawn', ended_at = pg_catalog.clock_timestamp(), end_reason = p_reason
    WHERE id = p_case AND state = 'open';
$$;
