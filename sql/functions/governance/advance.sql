-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clocks next move of one proposal, when it is due: late, never early; safe to repeat. True when it moved.
-- Outcomes: none.
-- Locks: the proposal, exclusive; then those of the moves.
CREATE OR REPLACE FUNCTION governance.advance(p_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_now timestamptz := pg_catalog.clock_timestamp();
BEGIN
    CASE p.state
    WHEN 'submitted' THEN
        IF (SELECT pg_catalog.count(*) FROM governance.sponsor AS s WHERE s.proposal_id = p_id) >= p.sponsors_needed THEN
            PERFORM governance.move_proposal(p_id, 'admitted', NULL, NULL);
        ELSIF p.state_at + governance.duration('sponsor_seconds') <= v_now THEN
            PERFORM governance.move_proposal(p_id, 'not_admitted', NULL, 'not enough sponsors in time');
        ELSE
            RETURN false;
        END IF;
    WHEN 'admitted' THEN
        PERFORM governance.move_proposal(p_id, 'discussion', NULL, NULL);
        PERFORM governance.open_opinion(p_id);
        PERFORM governance.notify_electors(p_id, 'discussion_opened');
    WHEN 'discussion' THEN
        IF GREATEST(governance.add_seconds(p.state_at, p.rule, 'discussion_seconds'), p.extended_until) > v_now THEN
            RETURN false;
        END IF;
        RETURN governance.close_list(p) OR governance.freeze_proposal(p_id);
    WHEN 'referred' THEN
        IF p.state_at + governance.duration('referral_seconds') > v_now THEN
            RETURN false;
        END IF;
        PERFORM governance.move_proposal(p_id, 'withdrawn', NULL, 'referred, and no new version in time');
    WHEN 'frozen', 'second_reading' THEN
        IF NOT governance.is_uncontested(p) THEN
            RETURN governance.open_voting(p_id);
        END IF;
        PERFORM governance.move_proposal(p_id, 'carried', NULL, 'uncontested');
        PERFORM governance.move_proposal(p_id, 'cooling', NULL, NULL);
        PERFORM governance.notify_electors(p_id, 'result');
    WHEN 'voting' THEN
        IF p.closes_at > v_now AND (p.rule_type <> 'board_decision' OR EXISTS (SELECT FROM governance.roll AS r
                WHERE r.proposal_id = p_id AND r.reading = p.reading AND NOT r.voted)) THEN
            RETURN governance.remind(p);
        END IF;
        PERFORM governance.move_proposal(p_id, 'closed', NULL, CASE WHEN p.closes_at > v_now THEN 'all have voted' END);
        IF p.named THEN
            PERFORM job.enqueue('tally_proposal', p_id::text || '/' || p.reading, pg_catalog.jsonb_build_object('proposal_id', p_id, 'reading', p.reading), NULL);
        ELSE
            PERFORM governance.log_box(p_id, p.reading);
            PERFORM governance.notify_stewards(p_id, 'steward_reveal_due');
            PERFORM governance.close_box(p_id, p.reading);
        END IF;
    WHEN 'closed' THEN
        -- Named votes are on their way to the worker, and so is a box whose keys are there.
        IF p.named OR p.state_at + governance.duration('reveal_seconds') > v_now OR (SELECT pg_catalog.count(*) FROM governance.steward_key AS k
                WHERE k.proposal_id = p_id AND k.reading = p.reading AND k.private_key IS NOT NULL) >= 2 THEN
            RETURN false;
        END IF;
        PERFORM governance.move_proposal(p_id, 'lapsed', NULL, 'not_opened');
        PERFORM governance.notify_electors(p_id, 'result');
    WHEN 'cooling' THEN
        IF governance.add_seconds(p.state_at, p.rule, 'cooling_seconds') > v_now OR governance.is_appealed(p_id) THEN
            RETURN false;
        ELSIF p.reading < (p.rule ->> 'readings')::integer THEN
            PERFORM governance.move_proposal(p_id, 'second_reading', NULL, NULL);
            PERFORM governance.notify_stewards(p_id, 'steward_key_due');
        ELSE
            PERFORM governance.enact_proposal(p_id);
        END IF;
    ELSE
        RETURN false;
    END CASE;
    RETURN true;
END
$$;
