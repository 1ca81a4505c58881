-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: moves a proposal to another state and writes the event; the guard refuses moves that do not exist.
-- Outcomes: none; a forbidden move raises.
-- Locks: row of the proposal.
CREATE OR REPLACE FUNCTION governance.move_proposal(p_id uuid, p_to text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_from text := (SELECT p.state FROM governance.proposal AS p WHERE p.id = p_id);
BEGIN
    UPDATE governance.proposal SET state = p_to, state_at = pg_catalog.clock_timestamp(),
        held = CASE WHEN p_to IN ('voting', 'frozen', 'withdrawn', 'referred') THEN NULL ELSE held END,
        referred = referred OR p_to = 'referred',
        reading = reading + (p_to = 'second_reading')::integer,
        in_force_at = CASE WHEN p_to = 'in_force' THEN pg_catalog.now() ELSE in_force_at END
    WHERE id = p_id;
    INSERT INTO governance.proposal_event (proposal_id, seq, at, from_state, to_state, actor, reason)
    SELECT p_id, COALESCE(pg_catalog.max(e.seq), 0) + 1, pg_catalog.clock_timestamp(), v_from, p_to, p_actor, p_reason
    FROM governance.proposal_event AS e WHERE e.proposal_id = p_id;
END
$$;
