-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes the lock of a proposal for whoever changes it, and reads it as it then is. Ballots take the same lock shared,
--          so that a stream of them cannot starve the close as row locks would. NULL fields when there is none.
-- Outcomes: none.
-- Locks: advisory transaction lock on the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.lock_proposal(p_id uuid) RETURNS governance.proposal
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row governance.proposal;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.proposal ' || p_id, 1));
    SELECT * INTO v_row FROM governance.proposal WHERE id = p_id;
    RETURN v_row;
END
$$;
