-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: tells the log how a box stands: ballots cast per class, and a salted hash of the ballots in the order of their hashes, so that none can
--          be added, changed or lost later without being seen, and nobody learns of one before the close. Hourly while a vote runs, and at its close.
-- Outcomes: none.
-- Locks: none; the caller has the proposal.
CREATE OR REPLACE FUNCTION governance.log_ballots(p_id uuid, p_reading integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_salt bytea := pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
    v_hash text := governance.hash_ballots(p_id, p_reading, v_salt, NULL);
    v_counts jsonb;
BEGIN
    SELECT pg_catalog.jsonb_object_agg(o.code, (SELECT pg_catalog.count(*) FROM governance.roll AS r
               WHERE r.proposal_id = p_id AND r.reading = p_reading AND r.class = o.code AND r.voted))
    INTO v_counts FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS o (code);
    INSERT INTO governance.ballot_log (proposal_id, reading, no, at, counts, salt, sha256)
    SELECT p_id, p_reading, COALESCE(pg_catalog.max(b.no), 0) + 1, pg_catalog.clock_timestamp(), v_counts, v_salt, v_hash
    FROM governance.ballot_log AS b WHERE b.proposal_id = p_id AND b.reading = p_reading;
    PERFORM log.append_leaf('ballots', p_id || '/' || p_reading, v_hash, pg_catalog.jsonb_build_object('counts', v_counts));
END
$$;
