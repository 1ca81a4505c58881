-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores what the worker decided in C, after counting and deciding again in SQL; carried goes on to cooling in the
--          same transaction.
-- Outcomes: ok; stale when somebody tallied before; recount_differs when the two decisions differ.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.store_tally(p_id uuid, p_reading integer, p_counts jsonb, p_outcome jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_counts jsonb;
    v_decided jsonb;
    v_roll text := (SELECT h.sha256 FROM governance.roll_head AS h WHERE h.proposal_id = p_id AND h.reading = p_reading);
    v_hash text;
    v_state text := p_outcome ->> 'state';
BEGIN
    IF p.state IS DISTINCT FROM 'closed' OR p.reading <> p_reading THEN
        RETURN log.refusal('stale', 'proposal ' || p_id || ' is in state ' || COALESCE(p.state, 'none'));
    END IF;
    v_counts := governance.count_votes(p_id, p_reading);
    v_decided := governance.decide(p.rule, v_counts);
    IF v_counts <> p_counts OR v_decided <> p_outcome OR v_roll <> governance.hash_roll(p_id, p_reading) THEN
        RETURN log.refusal('recount_differs', 'proposal ' || p_id || ': counted ' || p_counts::text || ' and decided ' || p_outcome::text
            || '; the recount gives ' || v_counts::text || ' and ' || v_decided::text);
    END IF;
    v_hash := governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('proposal_sha256', p.proposal_sha256, 'reading', p_reading,
        'roll_sha256', v_roll, 'counts', v_counts, 'outcome', v_decided)));
    PERFORM governance.log_ballots(p_id, p_reading);
    INSERT INTO governance.tally (proposal_id, reading, counts, outcome, sha256, at) VALUES (p_id, p_reading, v_counts, v_decided, v_hash, pg_catalog.now());
    PERFORM log.append_leaf('vote_result', p_id || '/' || p_reading, v_hash, pg_catalog.jsonb_build_object('outcome', v_decided ->> 'outcome', 'counts', v_counts));
    PERFORM governance.move_proposal(p_id, 'tallied', NULL, NULL);
    PERFORM governance.move_proposal(p_id, v_state, NULL, v_decided ->> 'outcome');
    IF v_state = 'carried' THEN
        PERFORM governance.move_proposal(p_id, 'cooling', NULL, NULL);
    END IF;
    PERFORM governance.notify_electors(p_id, 'result');
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('outcome', v_decided ->> 'outcome', 'state', v_state));
END
$$;
