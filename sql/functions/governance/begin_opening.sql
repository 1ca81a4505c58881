-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what keeping the choices of a box begins with: whether its vote is still closed, and the ballots that hold none (p_spoiled: hashes in hex);
--          what is kept already stays. NULL outcome, or the refusal.
-- Outcomes: stale when the vote is not closed any more.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.begin_opening(p_id uuid, p_reading integer, p_spoiled jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
BEGIN
    IF p.state IS DISTINCT FROM 'closed' OR p.reading <> p_reading THEN
        RETURN log.refusal('stale', 'proposal ' || p_id || ' is in state ' || COALESCE(p.state, 'none'));
    END IF;
    INSERT INTO governance.spoiled_ballot (box, record_sha256)
    SELECT p_id || '/' || p_reading, pg_catalog.decode(s.value, 'hex') FROM pg_catalog.jsonb_array_elements_text(p_spoiled) AS s ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
