-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the membership officer admits or refuses an applicant; who is admitted gets the invite to an account.
-- Outcomes: decided, already_decided, not_found, forbidden, idempotency_conflict.
-- Locks: log.replays; advisory transaction lock on the member.
CREATE OR REPLACE FUNCTION governance.decide_application(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_admit boolean := (p_body ->> 'admit')::boolean;
    m governance.member_now;
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'decide_application ' || p_id, p_body);
    v_invite text;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN governance.repeat_invite(v_prior, (SELECT p.email_hash FROM governance.person AS p WHERE p.member_id = p_id),
            governance.is_office(p_actor, 'membership_officer'));
    ELSIF NOT governance.is_office(p_actor, 'membership_officer') THEN
        RETURN log.refusal('forbidden', 'only the membership officer decides on applications');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.member ' || p_id, 1));
    SELECT * INTO m FROM governance.member_now WHERE member_id = p_id;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'no such application');
    ELSIF m.standing <> 'applied' THEN
        RETURN log.refusal('already_decided', 'the standing of this member is ' || m.standing);
    END IF;
    PERFORM governance.write_standing(p_id, CASE WHEN v_admit THEN 'active' ELSE 'left' END, p_actor, COALESCE(p_body ->> 'reason', 'decided'));
    IF v_admit THEN
        -- Time in the class counts from the admission on.
        PERFORM governance.write_class(p_id, m.class, pg_catalog.clock_timestamp());
        v_invite := governance.make_invite(p_id, (SELECT p.email_hash FROM governance.person AS p WHERE p.member_id = p_id));
    END IF;
    RETURN log.remember('governance', p_actor::text, p_key, 'decide_application ' || p_id, p_body, log.answer('decided', pg_catalog.jsonb_build_object(
        'id', p_id, 'class', m.class, 'standing', CASE WHEN v_admit THEN 'active' ELSE 'left' END, 'invite', v_invite)));
END
$$;
