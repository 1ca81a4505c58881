-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member of the deciding body declares a conflict: public, and the seat leaves the denominator.
-- Outcomes: recorded, invalid, case_closed, not_found, forbidden, not_allowed_here.
-- Locks: those of governance.lock_case.
CREATE OR REPLACE FUNCTION governance.declare_conflict(p_actor uuid, p_case uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c governance.council_case := governance.lock_case(p_case);
    v governance.council_vote := governance.seat_of(c, p_actor);
BEGIN
    IF c.id IS NULL THEN
        RETURN log.refusal('not_found', 'no such case');
    ELSIF v.case_id IS NULL THEN
        RETURN log.refusal('forbidden', 'only the ' || c.body_name || ' seated when the case opened acts in it');
    ELSIF v.conflict IS NOT NULL THEN
        RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
    ELSIF c.state <> 'open' OR c.closes_at <= pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('case_closed', 'the time of this case is over');
    ELSIF v.choice IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'you have voted on this case');
    ELSIF COALESCE(pg_catalog.length(pg_catalog.btrim(p_body ->> 'reason')), 0) NOT BETWEEN 1 AND 4000 THEN
        RETURN log.refusal('invalid', 'say which conflict it is', '[{"pointer": "/reason", "detail": "a text of 1 to 4000 characters"}]');
    END IF;
    UPDATE governance.council_vote SET conflict = p_body ->> 'reason', at = pg_catalog.clock_timestamp()
    WHERE case_id = p_case AND body_name = c.body_name AND seat = v.seat;
    PERFORM governance.settle_case(p_case);
    RETURN log.answer('recorded', governance.case_body(p_case, p_actor));
END
$$;
