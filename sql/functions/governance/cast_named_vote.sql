-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: casts or changes a named vote; the last one before the close counts. The clock is read once, behind the lock. The
--          same choice again changes nothing.
-- Outcomes: recorded, voting_not_open, not_on_roll, not_found.
-- Locks: the proposal, shared (the close takes it exclusive); then the members row of the roll.
CREATE OR REPLACE FUNCTION governance.cast_named_vote(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.share_proposal(p_id);
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_last text;
    v_seq integer;
BEGIN
    IF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF p.state <> 'voting' OR v_now >= p.closes_at THEN
        RETURN governance.not_open(p);
    ELSIF NOT p.named THEN
        RETURN log.refusal('voting_not_open', 'this vote is secret: ballots are sealed');
    END IF;
    PERFORM FROM governance.roll WHERE proposal_id = p_id AND reading = p.reading AND member_id = p_actor FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_on_roll', 'you are not on the roll of this vote; check-self says why');
    END IF;
    SELECT n.choice, n.seq INTO v_last, v_seq FROM governance.named_vote AS n
    WHERE n.proposal_id = p_id AND n.reading = p.reading AND n.member_id = p_actor ORDER BY n.seq DESC LIMIT 1;
    IF v_last IS DISTINCT FROM p_body ->> 'choice' THEN
        INSERT INTO governance.named_vote (proposal_id, reading, member_id, seq, seat, choice, at)
        VALUES (p_id, p.reading, p_actor, COALESCE(v_seq, 0) + 1, CASE WHEN p.rule ->> 'electorate' = 'board' THEN (
                    SELECT o.seat FROM governance.office_in_force AS o WHERE o.body = 'board' AND o.member_id = p_actor
                        AND o.from_at <= v_now AND o.until_at > v_now LIMIT 1) END, p_body ->> 'choice', v_now);
        UPDATE governance.roll SET voted = true WHERE proposal_id = p_id AND reading = p.reading AND member_id = p_actor AND NOT voted;
    END IF;
    RETURN log.answer('recorded', pg_catalog.jsonb_build_object('proposal_id', p_id, 'reading', p.reading, 'choice', p_body ->> 'choice',
        'closes_at', log.time_text(p.closes_at)));
END
$$;
