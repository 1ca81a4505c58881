-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes the roll and opens voting, in one transaction. A vote that would have to be sealed lapses when the time for
--          its key ceremony is over.
-- Outcomes: none.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.open_voting(p_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_counts jsonb;
    v_hash text;
BEGIN
    IF governance.needs_sealing(p.rule) THEN
        IF p.state_at + governance.duration('ceremony_seconds') > v_now THEN
            RETURN false;
        END IF;
        PERFORM governance.move_proposal(p_id, 'lapsed', NULL, 'the vote would have to be sealed, and sealed ballots are not part of this version');
        RETURN true;
    END IF;
    INSERT INTO governance.roll (proposal_id, reading, member_id, class)
    SELECT p_id, p.reading, e.member_id, e.class FROM governance.electors(p.rule) AS e;
    SELECT pg_catalog.jsonb_object_agg(o.code, (SELECT pg_catalog.count(*) FROM governance.roll AS r
               WHERE r.proposal_id = p_id AND r.reading = p.reading AND r.class = o.code))
    INTO v_counts FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS o (code);
    v_hash := governance.hash_roll(p_id, p.reading);
    INSERT INTO governance.roll_head (proposal_id, reading, sha256, counts, taken_at) VALUES (p_id, p.reading, v_hash, v_counts, v_now);
    UPDATE governance.proposal SET opens_at = v_now, closes_at = governance.add_seconds(v_now, p.rule, 'voting_seconds'), named = true WHERE id = p_id;
    PERFORM governance.move_proposal(p_id, 'voting', NULL, CASE WHEN p.rule ->> 'secrecy' = 'sealed' THEN 'named, because a class is small' END);
    PERFORM log.append_leaf('roll', p_id || '/' || p.reading, v_hash, pg_catalog.jsonb_build_object('counts', v_counts));
    PERFORM governance.notify_electors(p_id, 'voting_opened');
    RETURN true;
END
$$;
