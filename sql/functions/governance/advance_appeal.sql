-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the next move of an appeal when it is due: a draw is opened, goes from commitments to values (all are there, or the time of a
--          ceremony is over), is drawn (all are there, or the time to reveal is over); a panel without a decision in time is replaced.
--          Late, never early; safe to repeat. True when it moved.
-- Outcomes: none.
-- Locks: row of the appeal.
CREATE OR REPLACE FUNCTION governance.advance_appeal(p_appeal uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a governance.panel_case;
    l governance.panel_lot;
    v_now timestamptz;
    v_commits integer;
BEGIN
    SELECT * INTO a FROM governance.panel_case WHERE id = p_appeal FOR UPDATE;
    v_now := pg_catalog.clock_timestamp();
    IF a.state = 'panel' THEN
        PERFORM governance.settle_appeal(p_appeal);
        RETURN (SELECT x.state FROM governance.panel_case AS x WHERE x.id = p_appeal) <> 'panel';
    ELSIF a.state IS DISTINCT FROM 'lot' THEN
        RETURN false;
    END IF;
    SELECT * INTO l FROM governance.panel_lot WHERE appeal_id = p_appeal AND round = a.round;
    IF l.appeal_id IS NULL OR l.drawn_at IS NOT NULL THEN
        RETURN governance.open_lot(p_appeal);
    END IF;
    SELECT pg_catalog.count(*) INTO v_commits FROM governance.panel_commit AS k WHERE k.appeal_id = p_appeal AND k.round = a.round;
    IF l.reveal_until IS NULL AND (v_commits = pg_catalog.length(l.stewards) OR l.commit_until <= v_now) THEN
        IF v_commits = 0 THEN
            RETURN governance.draw_panel(p_appeal);
        END IF;
        UPDATE governance.panel_lot SET reveal_until = v_now + governance.duration('reveal_seconds') WHERE appeal_id = p_appeal AND round = a.round;
        PERFORM governance.notify_members(ARRAY(SELECT k.member_id FROM governance.panel_commit AS k WHERE k.appeal_id = p_appeal AND k.round = a.round),
            'appeal ' || p_appeal || '/' || a.round, 'steward_reveal_due', pg_catalog.jsonb_build_object('appeal_id', p_appeal, 'round', a.round, 'what', 'reveal-lot'));
        RETURN true;
    ELSIF l.reveal_until IS NOT NULL AND (l.reveal_until <= v_now OR v_commits = (SELECT pg_catalog.count(*) FROM governance.panel_reveal AS r
                WHERE r.appeal_id = p_appeal AND r.round = a.round)) THEN
        RETURN governance.draw_panel(p_appeal);
    END IF;
    RETURN false;
END
$$;
