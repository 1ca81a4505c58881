-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the clock would do within the second with a proposal that was submitted or sponsored just now: admits it when it has its sponsors, and opens
--          its discussion.
-- Outcomes: none.
-- Locks: those of the moves.
CREATE OR REPLACE FUNCTION governance.admit_proposal(p_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    WHILE governance.advance(p_id) LOOP
        EXIT WHEN (SELECT p.state FROM governance.proposal AS p WHERE p.id = p_id) NOT IN ('submitted', 'admitted');
    END LOOP;
END
$$;
