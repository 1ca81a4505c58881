-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether the ballots of this reading are sealed. (plpgsql: the plan is kept.)
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_sealed(p_id uuid, p_reading integer) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN COALESCE((SELECT h.sealed FROM governance.roll_head AS h WHERE h.proposal_id = p_id AND h.reading = p_reading), false);
END
$$;
