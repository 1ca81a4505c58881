-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: tells the log how a box of sealed ballots stands: ballots cast per class, and the hash of their hashes in order. Hourly while a vote runs,
--          and at its close; so its turnout is published, and never live.
-- Outcomes: none.
-- Locks: none; the caller has the proposal.
CREATE OR REPLACE FUNCTION governance.log_box(p_id uuid, p_reading integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_box text := p_id || '/' || p_reading;
    v record;
BEGIN
    SELECT h.sha256, h.counts INTO v FROM governance.hash_box(v_box) AS h;
    INSERT INTO governance.ballot_log (proposal_id, reading, no, at, counts, sha256)
    SELECT p_id, p_reading, COALESCE(pg_catalog.max(b.no), 0) + 1, pg_catalog.clock_timestamp(), v.counts, v.sha256
    FROM governance.ballot_log AS b WHERE b.proposal_id = p_id AND b.reading = p_reading;
    PERFORM log.append_leaf('ballots', v_box, v.sha256, pg_catalog.jsonb_build_object('counts', v.counts));
END
$$;
