-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the vote of a panel seat on an appeal, with reasons: uphold (what is appealed against stands) or reverse. Two that agree decide.
--          It stands once given, and the same again is answered the same.
-- Outcomes: recorded, decided, not_found, forbidden, incompatible, too_late, not_allowed_here.
-- Locks: the proposal, exclusive, for a vote; row of the appeal.
CREATE OR REPLACE FUNCTION governance.decide_appeal(p_actor uuid, p_appeal uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz;
    a governance.panel_case;
    s record;
    v_bar text;
BEGIN
    -- The order of the clock: first the proposal, then what is about it.
    PERFORM governance.lock_proposal(x.subject) FROM governance.panel_case AS x WHERE x.id = p_appeal AND x.kind = 'vote';
    SELECT * INTO a FROM governance.panel_case WHERE id = p_appeal FOR UPDATE;
    v_now := pg_catalog.clock_timestamp();  -- one look at the clock, under the lock: in time and counted, or neither
    IF a.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such appeal');
    END IF;
    SELECT * INTO s FROM governance.panel_of(p_appeal) AS x WHERE x.member_id = p_actor;
    IF s.class IS NULL THEN
        RETURN log.refusal('forbidden', 'only the panel drawn for this appeal decides it');
    ELSIF s.choice = p_body ->> 'choice' AND s.reason_text = p_body ->> 'reason_text' THEN
        RETURN log.answer(CASE a.state WHEN 'decided' THEN 'decided' ELSE 'recorded' END, governance.appeal_body(p_appeal, p_actor));
    ELSIF a.state = 'decided' THEN
        RETURN log.refusal('not_allowed_here', 'the appeal was decided at ' || log.time_text(a.decided_at));
    ELSIF a.state <> 'panel' OR a.closes_at <= v_now THEN
        RETURN log.refusal('too_late', 'the time of this panel is over; another is drawn');
    ELSIF s.choice IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'your vote on this appeal stands');
    END IF;
    v_bar := governance.panel_bar(p_appeal, p_actor);
    IF v_bar IS NOT NULL THEN
        RETURN log.refusal('incompatible', 'since the draw something keeps you off this panel: ' || v_bar || '; declare the conflict, and the seat passes on');
    END IF;
    INSERT INTO governance.panel_vote (appeal_id, round, class, n, choice, reason_text, at)
    VALUES (p_appeal, a.round, s.class, s.n, p_body ->> 'choice', p_body ->> 'reason_text', v_now);
    PERFORM governance.settle_appeal(p_appeal);
    RETURN log.answer(CASE (SELECT x.state FROM governance.panel_case AS x WHERE x.id = p_appeal) WHEN 'decided' THEN 'decided' ELSE 'recorded' END,
        governance.appeal_body(p_appeal, p_actor));
END
$$;
