-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the vote of a seat on a case, with reason and conditions; it stands once given, and the same again is answered the
--          same.
-- Outcomes: recorded, conflicted, incompatible, case_closed, not_found, forbidden, invalid, not_allowed_here.
-- Locks: those of governance.lock_case.
CREATE OR REPLACE FUNCTION governance.vote_council_case(p_actor uuid, p_case uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c governance.council_case := governance.lock_case(p_case);
    v governance.council_vote := governance.seat_of(c, p_actor);
    v_now timestamptz := pg_catalog.clock_timestamp();  -- one look at the clock, under the lock: in time and counted, or neither
    v_all jsonb := governance.conditions_of(p_case);
    v_errors jsonb;
    v_conditions jsonb := COALESCE(p_body -> 'conditions', '[]');
BEGIN
    IF c.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such case');
    ELSIF v.case_id IS NULL THEN
        RETURN log.refusal('forbidden', 'only the ' || c.body_name || ' seated when the case opened votes on it');
    ELSIF v.conflict IS NOT NULL THEN
        RETURN log.refusal('conflicted', 'your seat has a conflict in this case');
    ELSIF v.choice = p_body ->> 'choice' AND v.reason_code = p_body ->> 'reason_code' AND v.reason_text = p_body ->> 'reason_text'
        AND v.conditions = v_conditions THEN
        RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
    ELSIF c.state <> 'open' OR c.closes_at <= v_now THEN
        RETURN log.refusal('case_closed', 'the time of this case is over');
    ELSIF v.choice IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'your vote on this case stands');
    ELSIF governance.is_staff(p_actor, governance.case_organisation(p_case)) THEN
        RETURN log.refusal('incompatible', 'you are staff of the organisation this case is about: declare the conflict');
    END IF;
    v_errors := governance.check_case_vote(p_body, pg_catalog.jsonb_array_length(v_all));
    IF v_errors <> '[]' THEN
        RETURN log.refusal('invalid', 'a vote has a reason, and says yes or no to each condition', v_errors);
    END IF;
    UPDATE governance.council_vote SET choice = p_body ->> 'choice', reason_code = p_body ->> 'reason_code', reason_text = p_body ->> 'reason_text',
        conditions = v_conditions, at = v_now
    WHERE case_id = p_case AND body_name = c.body_name AND seat = v.seat;
    PERFORM governance.settle_case(p_case);
    RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
END
$$;
