-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: suspends a member or reinstates one (p_act: suspend, reinstate): the membership officer alone, or the conduct panel when two of its seats
--          agree. What the panel did only the panel takes back. Nobody does it to themselves.
-- Outcomes: recorded, not_found, forbidden, not_allowed_here, idempotency_conflict.
-- Locks: log.replays; advisory transaction lock on the member.
CREATE OR REPLACE FUNCTION governance.change_standing(p_actor uuid, p_key text, p_id uuid, p_act text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, p_act || ' ' || p_id, p_body);
    v_officer boolean := governance.is_office(p_actor, 'membership_officer');
    v_seat text := (SELECT o.seat FROM governance.office_in_force AS o WHERE o.member_id = p_actor AND o.body = 'conduct'
        AND o.until_at > pg_catalog.now() AND governance.is_office(p_actor, 'conduct'));
    v_to text := CASE p_act WHEN 'suspend' THEN 'suspended' ELSE 'active' END;
    v_standing governance.standing;
    v_alone boolean;
    v_agreed bigint := 1;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF NOT v_officer AND v_seat IS NULL THEN
        RETURN log.refusal('forbidden', 'the membership officer or the conduct panel suspends and reinstates');
    ELSIF p_actor = p_id THEN
        RETURN log.refusal('forbidden', 'this is your own standing');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.member ' || p_id, 1));
    SELECT * INTO v_standing FROM governance.standing AS s WHERE s.member_id = p_id ORDER BY s.seq DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'no such member');
    ELSIF v_standing.standing <> (CASE p_act WHEN 'suspend' THEN 'active' ELSE 'suspended' END) THEN
        RETURN log.refusal('not_allowed_here', 'the standing of this member is ' || v_standing.standing);
    END IF;
    v_alone := v_officer AND (p_act = 'suspend' OR v_standing.by_member IS NOT NULL);
    IF NOT v_alone AND v_seat IS NULL THEN
        RETURN log.refusal('forbidden', 'the conduct panel suspended this member: it alone reinstates');
    ELSIF NOT v_alone THEN
        INSERT INTO governance.conduct_voice (member_id, seq, act, seat, by_member, reason, at)
        VALUES (p_id, v_standing.seq, p_act, v_seat, p_actor, p_body ->> 'reason', pg_catalog.now()) ON CONFLICT DO NOTHING;
        SELECT pg_catalog.count(*) INTO v_agreed FROM governance.conduct_voice AS v
        WHERE v.member_id = p_id AND v.seq = v_standing.seq AND v.act = p_act;
    END IF;
    IF v_alone OR v_agreed >= 2 THEN
        PERFORM governance.write_standing(p_id, v_to, CASE WHEN v_alone THEN p_actor END, p_body ->> 'reason');
    END IF;
    RETURN log.remember('governance', p_actor::text, p_key, p_act || ' ' || p_id, p_body, log.answer('recorded', pg_catalog.jsonb_build_object(
        'id', p_id, 'standing', CASE WHEN v_alone OR v_agreed >= 2 THEN v_to ELSE v_standing.standing END, 'agreed', v_agreed,
        'needed', CASE WHEN v_alone THEN 1 ELSE 2 END)));
END
$$;
