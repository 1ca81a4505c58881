-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the vote of a seat on a case, with reason and conditions; it stands once given, and the same again is answered the
--          same.
-- Outcomes: recorded, conflicted, case_closed, not_found, forbidden, invalid, not_allowed_here.
-- Locks: row of the case.
CREATE OR REPLACE FUNCTION governance.vote_council_case(p_actor uuid, p_case uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c governance.council_case;
    v governance.council_vote;
    v_conditions jsonb := COALESCE(p_body -> 'conditions', '[]');
BEGIN
    SELECT * INTO c FROM governance.council_case WHERE id = p_case FOR UPDATE;
    SELECT * INTO v FROM governance.council_vote WHERE case_id = p_case AND body_name = c.body_name AND member_id = p_actor;
    IF c.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such case');
    ELSIF v.case_id IS NULL OR NOT governance.is_office(p_actor, c.body_name) THEN
        RETURN log.refusal('forbidden', 'only the ' || c.body_name || ' seated when the case opened votes on it');
    ELSIF v.conflict IS NOT NULL THEN
        RETURN log.refusal('conflicted', 'you have declared a conflict');
    ELSIF v.choice = p_body ->> 'choice' AND v.reason_text = p_body ->> 'reason_text' AND v.conditions = v_conditions THEN
        RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
    ELSIF c.state = 'decided' OR c.closes_at <= pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('case_closed', 'the time of this case is over');
    ELSIF v.choice IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'your vote on this case stands');
    ELSIF pg_catalog.jsonb_array_length(v_conditions) <> pg_catalog.jsonb_array_length(c.conditions)
        OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_conditions) AS e WHERE pg_catalog.jsonb_typeof(e) <> 'boolean') THEN
        RETURN log.refusal('invalid', 'the conditions of the case are voted one by one', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object(
            'pointer', '/conditions', 'detail', 'true or false for each of ' || pg_catalog.jsonb_array_length(c.conditions) || ' conditions')));
    END IF;
    UPDATE governance.council_vote SET choice = p_body ->> 'choice', reason_code = p_body ->> 'reason_code', reason_text = p_body ->> 'reason_text',
        conditions = v_conditions, at = pg_catalog.clock_timestamp()
    WHERE case_id = p_case AND body_name = c.body_name AND seat = v.seat;
    PERFORM governance.settle_case(p_case);
    RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
END
$$;
