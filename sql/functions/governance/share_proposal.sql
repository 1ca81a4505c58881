-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes the lock of a proposal for whoever casts a vote in it, and reads it as it then is: many cast at once, and the close (governance.lock_proposal)
--          waits for those who were in time. NULL fields when there is none.
-- Outcomes: none.
-- Locks: advisory transaction lock on the proposal, shared.
CREATE OR REPLACE FUNCTION governance.share_proposal(p_id uuid) RETURNS governance.proposal
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row governance.proposal;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('governance.proposal ' || p_id, 1));
    SELECT * INTO v_row FROM governance.proposal WHERE id = p_id;
    RETURN v_row;
END
$$;
