-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member asks for another class, from the end of the notice on. Asking for the same again is answered the same.
-- Outcomes: accepted, too_soon, roll_open, incompatible, invalid, not_found, not_allowed_here.
-- Locks: advisory transaction lock on the member.
CREATE OR REPLACE FUNCTION governance.change_class(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m governance.member_now := (SELECT x FROM governance.member_now AS x WHERE x.member_id = p_id);
    v_class text := p_body ->> 'class';
    v_last governance.class_spell;
    v_from timestamptz := pg_catalog.clock_timestamp() + governance.duration('class_change_notice_seconds');
BEGIN
    IF p_actor IS DISTINCT FROM p_id OR m.member_id IS NULL THEN
        RETURN log.refusal('not_found', 'no such member, or it is not you');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.member ' || p_id, 1));
    SELECT s.* INTO v_last FROM (SELECT x.*, pg_catalog.lag(x.class) OVER (ORDER BY x.seq) AS before FROM governance.class_spell AS x
                                 WHERE x.member_id = p_id) AS s
    WHERE s.before <> s.class ORDER BY s.seq DESC LIMIT 1;
    IF m.standing <> 'active' THEN
        RETURN log.refusal('not_allowed_here', 'only active members change their class');
    ELSIF v_last.class = v_class AND v_last.from_at > pg_catalog.clock_timestamp() THEN
        RETURN log.answer('accepted', pg_catalog.jsonb_build_object('id', p_id, 'class', v_class, 'from', log.time_text(v_last.from_at)));
    ELSIF v_class = m.class THEN
        RETURN log.refusal('invalid', 'this is your class', '[{"pointer": "/class", "detail": "another class is needed here"}]');
    ELSIF v_last.asked_at + governance.duration('class_change_interval_seconds') > pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('too_soon', 'the next change can be asked for at ' || log.time_text(v_last.asked_at + governance.duration('class_change_interval_seconds')));
    ELSIF EXISTS (SELECT FROM governance.roll AS r JOIN governance.proposal AS p ON p.id = r.proposal_id AND p.reading = r.reading
                  WHERE r.member_id = p_id AND p.state = 'voting') THEN
        RETURN log.refusal('roll_open', 'you are on the roll of a vote that is open');
    ELSIF EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.member_id = p_id AND o.until_at > pg_catalog.now()
                  AND o.body IN ('board', 'steward', 'steward_deputy', 'conduct')) THEN
        RETURN log.refusal('incompatible', 'you hold a seat of your class');
    END IF;
    PERFORM governance.write_class(p_id, v_class, v_from);
    RETURN log.answer('accepted', pg_catalog.jsonb_build_object('id', p_id, 'class', v_class, 'from', log.time_text(v_from)));
END
$$;
