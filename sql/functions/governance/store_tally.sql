-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores what the worker decided in C, and of an election or a budget round what its method gave (p_result), after counting and deciding again in SQL, and of a sealed vote holding every opened ballot
--          against its commitment; carried goes on to cooling in the same transaction.
-- Outcomes: ok; stale when somebody tallied before; recount_differs when the two decisions differ.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.store_tally(p_id uuid, p_reading integer, p_counts jsonb, p_outcome jsonb, p_result jsonb DEFAULT NULL) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_counts jsonb;
    v_decided jsonb;
    v_roll text := (SELECT h.sha256 FROM governance.roll_head AS h WHERE h.proposal_id = p_id AND h.reading = p_reading);
    v_sealed boolean := governance.is_sealed(p_id, p_reading);
    v_wrong text;
    v_hash text;
    v_state text := p_outcome ->> 'state';
BEGIN
    IF p.state IS DISTINCT FROM 'closed' OR p.reading <> p_reading THEN
        RETURN log.refusal('stale', 'proposal ' || p_id || ' is in state ' || COALESCE(p.state, 'none'));
    END IF;
    v_counts := governance.count_votes(p_id, p_reading);
    v_decided := governance.decide(p.rule, v_counts);
    v_wrong := CASE WHEN v_sealed THEN governance.recount_box(p_id, p_reading) END;
    IF v_wrong IS NOT NULL THEN
        RETURN log.refusal('recount_differs', 'box ' || p_id || '/' || p_reading || ': ' || v_wrong);
    ELSIF v_counts <> p_counts OR v_decided <> p_outcome OR v_roll <> governance.hash_roll(p_id, p_reading) THEN
        RETURN log.refusal('recount_differs', 'proposal ' || p_id || ': counted ' || p_counts::text || ' and decided ' || p_outcome::text
            || '; the recount gives ' || v_counts::text || ' and ' || v_decided::text);
    END IF;
    v_wrong := governance.check_result(p, p_result, (SELECT pg_catalog.sum((c.value ->> 'yes')::bigint + (c.value ->> 'abstain')::bigint)
        FROM pg_catalog.jsonb_each(v_counts) AS c));
    IF v_wrong IS NOT NULL THEN
        RETURN log.refusal('recount_differs', 'proposal ' || p_id || ': ' || v_wrong);
    END IF;
    v_hash := governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('proposal_sha256', p.proposal_sha256, 'reading', p_reading,
        'roll_sha256', v_roll, 'counts', v_counts, 'outcome', v_decided) || CASE WHEN p_result IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('result', p_result) END));
    IF NOT v_sealed THEN
        PERFORM governance.log_ballots(p_id, p_reading);
    END IF;
    INSERT INTO governance.tally (proposal_id, reading, counts, outcome, sha256, at, lot_seed, result)
    VALUES (p_id, p_reading, v_counts, v_decided, v_hash, pg_catalog.now(), CASE WHEN v_sealed THEN governance.seed_of_box(p_id || '/' || p_reading) END,
        p_result);
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
