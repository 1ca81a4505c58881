-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a seat that has not voted yet proposes a condition for an approval, while the case is open. In cases about applications it must
--          be one that narrows the offer (licensing.check_conditions); elsewhere it is {id, text}. At most five a seat, twenty a case.
--          Repeating the same is answered the same.
-- Outcomes: recorded, conflicted, incompatible, case_closed, not_found, forbidden, invalid, not_allowed_here.
-- Locks: those of governance.lock_case.
CREATE OR REPLACE FUNCTION governance.propose_condition(p_actor uuid, p_case uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c governance.council_case := governance.lock_case(p_case);
    v governance.council_vote := governance.seat_of(c, p_actor);
    v_now timestamptz := pg_catalog.clock_timestamp();  -- one look at the clock, under the lock: in time and counted, or neither
    v_condition jsonb := p_body -> 'condition';
    v_all jsonb := governance.conditions_of(p_case);
    v_errors jsonb;
BEGIN
    IF c.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such case');
    ELSIF v.case_id IS NULL THEN
        RETURN log.refusal('forbidden', 'only the ' || c.body_name || ' seated when the case opened proposes conditions');
    ELSIF v.conflict IS NOT NULL THEN
        RETURN log.refusal('conflicted', 'your seat has a conflict in this case');
    ELSIF EXISTS (SELECT FROM governance.case_condition AS k WHERE k.case_id = p_case AND k.seat = v.seat AND k.body_name = v.body_name AND k.condition = v_condition) THEN
        RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
    ELSIF c.state <> 'open' OR c.closes_at <= v_now THEN
        RETURN log.refusal('case_closed', 'the time of this case is over');
    ELSIF v.choice IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'a seat proposes conditions before it votes');
    ELSIF governance.is_staff(p_actor, governance.case_organisation(p_case)) THEN
        RETURN log.refusal('incompatible', 'you are staff of the organisation this case is about: declare the conflict');
    ELSIF pg_catalog.jsonb_array_length(v_all) >= 20 OR (SELECT pg_catalog.count(*) FROM governance.case_condition AS k
            WHERE k.case_id = p_case AND k.body_name = c.body_name AND k.seat = v.seat) >= 5 THEN
        RETURN log.refusal('not_allowed_here', 'a seat proposes five conditions, a case has twenty');
    END IF;
    v_errors := governance.check_condition(c, v_condition, v_all);
    IF v_errors <> '[]' THEN
        RETURN log.refusal('invalid', 'this condition cannot be put on the case', v_errors);
    END IF;
    INSERT INTO governance.case_condition (case_id, n, condition, body_name, seat, at)
    VALUES (p_case, pg_catalog.jsonb_array_length(v_all) + 1, v_condition, c.body_name, v.seat, v_now);
    RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
END
$$;
