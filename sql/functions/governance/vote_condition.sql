-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a seat that has voted on a case votes on a condition that was proposed since; it stands once given.
-- Outcomes: recorded, conflicted, incompatible, case_closed, not_found, forbidden, invalid, not_allowed_here.
-- Locks: those of governance.lock_case.
CREATE OR REPLACE FUNCTION governance.vote_condition(p_actor uuid, p_case uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c governance.council_case := governance.lock_case(p_case);
    v governance.council_vote := governance.seat_of(c, p_actor);
    v_now timestamptz := pg_catalog.clock_timestamp();  -- one look at the clock, under the lock: in time and counted, or neither
    v_accept boolean := (p_body ->> 'accept')::boolean;
    v_n integer;
    v_given boolean;
BEGIN
    SELECT i.n INTO v_n FROM pg_catalog.jsonb_array_elements(governance.conditions_of(p_case)) WITH ORDINALITY AS i (condition, n)
    WHERE i.condition ->> 'id' = p_body ->> 'condition' ORDER BY i.n LIMIT 1;
    v_given := COALESCE((v.conditions -> (v_n - 1))::boolean, (SELECT x.accept FROM governance.condition_vote AS x
        WHERE x.case_id = p_case AND x.body_name = c.body_name AND x.seat = v.seat AND x.n = v_n));
    IF c.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such case');
    ELSIF v.case_id IS NULL THEN
        RETURN log.refusal('forbidden', 'only the ' || c.body_name || ' seated when the case opened votes on it');
    ELSIF v.conflict IS NOT NULL THEN
        RETURN log.refusal('conflicted', 'your seat has a conflict in this case');
    ELSIF v_n IS NULL THEN
        RETURN log.refusal('invalid', 'there is no such condition', '[{"pointer": "/condition", "detail": "the id of a condition of this case"}]');
    ELSIF v_given = v_accept THEN
        RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
    ELSIF c.state <> 'open' OR c.closes_at <= v_now THEN
        RETURN log.refusal('case_closed', 'the time of this case is over');
    ELSIF v.choice IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'vote on the case first: all conditions there are then are voted with it');
    ELSIF v_given IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'your vote on this condition stands');
    ELSIF governance.is_staff(p_actor, governance.case_organisation(p_case)) THEN
        RETURN log.refusal('incompatible', 'you are staff of the organisation this case is about: your seat says no more in it');
    END IF;
    INSERT INTO governance.condition_vote (case_id, body_name, seat, n, accept, at)
    VALUES (p_case, c.body_name, v.seat, v_n, v_accept, v_now);
    PERFORM governance.settle_case(p_case);
    RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
END
$$;
