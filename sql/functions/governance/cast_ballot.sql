-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: casts a sealed ballot (p_record: the canonical text of a record whose form was checked; p_tracker: what its hash is called): flips the roll row,
--          inserts the record. Nothing here joins the two, and nothing is remembered of the request: a repeat is known by the hash of its record, also
--          behind the close. The clock is read once, behind the lock.
-- Outcomes: cast, already_cast, already_voted, not_on_roll, voting_not_open, ballot_malformed, not_found.
-- Locks: the proposal, shared (the close takes it exclusive); then the member's row of the roll.
CREATE OR REPLACE FUNCTION governance.cast_ballot(p_actor uuid, p_id uuid, p_record text, p_tracker text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.share_proposal(p_id);
    r governance.roll;
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_parsed jsonb := p_record::jsonb;
    v_record bytea := pg_catalog.convert_to(p_record, 'UTF8');
    v_hash bytea := pg_catalog.sha256(v_record);
    v_bytes integer;
    v_box text;
    v_there boolean;
    v_receipt jsonb;
BEGIN
    IF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    END IF;
    v_box := p_id || '/' || p.reading;
    v_receipt := pg_catalog.jsonb_build_object('box', v_box, 'record_sha256', pg_catalog.encode(v_hash, 'hex'), 'tracker', p_tracker);
    -- Looked at before the roll: where it is one's own, cast at this moment, the roll tells.
    v_there := EXISTS (SELECT FROM governance.ballot_box AS b WHERE b.box = v_box AND b.record_sha256 = v_hash);
    SELECT * INTO r FROM governance.roll WHERE proposal_id = p_id AND reading = p.reading AND member_id = p_actor;
    IF r.voted AND governance.is_cast(v_box, v_hash) THEN
        RETURN ROW('already_cast', v_receipt)::log.answer;
    ELSIF p.state <> 'voting' OR v_now >= p.closes_at THEN
        RETURN governance.not_open(p);
    ELSIF p.named THEN
        RETURN log.refusal('voting_not_open', 'votes on this proposal are named: there is no box');
    ELSIF r.member_id IS NULL THEN
        RETURN log.refusal('not_on_roll', 'you are not on the roll of this vote; check-self says why');
    END IF;
    v_bytes := governance.choice_bytes(p);
    IF NOT r.voted AND v_parsed ->> 'box' <> v_box THEN
        RETURN log.refusal('ballot_malformed', 'the record is sealed for another box than ' || v_box);
    ELSIF NOT r.voted AND v_parsed ->> 'class' <> r.class THEN
        RETURN log.refusal('ballot_malformed', 'the record is sealed for another class than yours, ' || r.class);
    ELSIF NOT r.voted AND pg_catalog.length(v_parsed ->> 'c') IS DISTINCT FROM (4 * (v_bytes + 16) + 2) / 3 THEN
        RETURN log.refusal('ballot_malformed', 'a choice of this vote is padded to ' || v_bytes || ' bytes');
    ELSIF NOT r.voted AND v_there THEN
        RETURN log.refusal('ballot_malformed', 'this record is in the box already, and not yours: seal your choice anew');
    END IF;
    -- Whoever casts twice at once waits here for the first, and finds it done.
    UPDATE governance.roll SET voted = true WHERE proposal_id = p_id AND reading = p.reading AND member_id = p_actor AND NOT voted;
    IF NOT FOUND THEN
        RETURN CASE WHEN governance.is_cast(v_box, v_hash) THEN ROW('already_cast', v_receipt)::log.answer
            ELSE log.refusal('already_voted', 'you have cast another ballot in this vote, and a sealed ballot is final') END;
    END IF;
    INSERT INTO governance.ballot_box (box, record_sha256, record) VALUES (v_box, v_hash, v_record) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'governance.cast_ballot: somebody else cast this record at this moment' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN ROW('cast', v_receipt)::log.answer;
END
$$;
