-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: takes the roll and opens voting, in one transaction. A vote that must be sealed waits for the keys of all three classes; it lapses when the time
--          for them is over, or when a class has become too small to vote in secret.
-- Outcomes: none.
-- Locks: the proposal, exclusive; for a box governance.ballot_box.
CREATE OR REPLACE FUNCTION governance.open_voting(p_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_sealed boolean := governance.needs_sealing(p);
    v_keys jsonb := governance.keys_of(p_id, p.reading);
    v_counts jsonb;
    v_hash text;
BEGIN
    IF (v_sealed OR p.rule ->> 'method' <> 'rule') AND governance.has_small_class(p) THEN
        PERFORM governance.move_proposal(p_id, 'lapsed', NULL, 'a class has fewer than five members who may vote: the vote could not be kept secret');
        RETURN true;
    ELSIF v_sealed AND pg_catalog.jsonb_array_length(v_keys) < 3 THEN
        IF p.state_at + governance.duration('ceremony_seconds') > v_now THEN
            RETURN false;
        END IF;
        PERFORM governance.move_proposal(p_id, 'lapsed', NULL, 'not all stewards posted their keys in time');
        RETURN true;
    END IF;
    INSERT INTO governance.roll (proposal_id, reading, member_id, class)
    SELECT p_id, p.reading, e.member_id, e.class FROM governance.electors(p) AS e;
    SELECT pg_catalog.jsonb_object_agg(o.code, (SELECT pg_catalog.count(*) FROM governance.roll AS r
               WHERE r.proposal_id = p_id AND r.reading = p.reading AND r.class = o.code))
    INTO v_counts FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS o (code);
    v_hash := governance.hash_roll(p_id, p.reading);
    INSERT INTO governance.roll_head (proposal_id, reading, sha256, counts, taken_at, sealed) VALUES (p_id, p.reading, v_hash, v_counts, v_now, v_sealed);
    UPDATE governance.proposal SET opens_at = v_now, closes_at = governance.add_seconds(v_now, p.rule, 'voting_seconds'), named = NOT v_sealed WHERE id = p_id;
    PERFORM governance.move_proposal(p_id, 'voting', NULL, CASE WHEN p.rule ->> 'secrecy' = 'sealed' AND NOT v_sealed THEN 'named, because a class is small' END);
    -- The keys stand in the log before the first ballot: nobody is told others afterwards.
    PERFORM log.append_leaf('roll', p_id || '/' || p.reading, v_hash, pg_catalog.jsonb_build_object('counts', v_counts)
        || CASE WHEN v_sealed THEN pg_catalog.jsonb_build_object('stewards', v_keys) ELSE '{}' END);
    PERFORM governance.notify_electors(p_id, 'voting_opened');
    IF v_sealed THEN
        PERFORM governance.make_box(p_id, p.reading); -- last, since nobody casts anywhere from here to the commit
    END IF;
    RETURN true;
END
$$;
