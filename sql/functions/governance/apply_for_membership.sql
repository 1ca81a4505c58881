-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an application for membership. Where the class admits openly the applicant is a member at once and gets the invite
--          to an account; elsewhere the membership officer decides. p_request is what a repeat must equal; p_sealed is made
--          anew by C each time. The application has the id of the member. Keys of one address do not meet those of another.
-- Outcomes: created, already_applied, not_allowed_here, idempotency_conflict.
-- Locks: log.replays.
CREATE OR REPLACE FUNCTION governance.apply_for_membership(p_actor uuid, p_key text, p_request jsonb, p_sealed jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_who text := 'anybody ' || (p_request ->> 'email_hash');
    v_prior log.answer := log.replay('governance', v_who, p_key, 'apply_for_membership', p_request);
    v_id uuid := (p_sealed ->> 'member_id')::uuid;
    v_class text := p_request ->> 'class';
    v_open boolean := (SELECT c.doc -> 'admission' ->> v_class = 'open' FROM governance.charter AS c);
    v_known uuid := (SELECT p.member_id FROM governance.person AS p WHERE p.email_hash = pg_catalog.decode(p_request ->> 'email_hash', 'hex'));
    v_invite text;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN governance.repeat_invite(v_prior, pg_catalog.decode(p_request ->> 'email_hash', 'hex'), true);
    ELSIF v_open IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'this trust has not been founded yet');
    END IF;
    IF v_known IS NOT NULL AND (v_known IS DISTINCT FROM p_actor
            OR NOT governance.may_return(v_known)) THEN
        RETURN log.refusal('already_applied', 'this address belongs to a member or an application; who has left signs in to come back, who was expelled appeals first');
    ELSIF v_known IS NOT NULL THEN
        v_id := v_known;
    ELSE
        INSERT INTO governance.member (member_id, founder) VALUES (v_id, false);
        PERFORM governance.write_person(v_id, p_sealed);
    END IF;
    PERFORM governance.write_class(v_id, v_class, pg_catalog.clock_timestamp());
    PERFORM governance.write_standing(v_id, 'applied', NULL, 'application');
    IF v_open THEN
        PERFORM governance.write_standing(v_id, 'active', NULL, 'joined');
        v_invite := CASE WHEN v_known IS NULL THEN governance.make_invite(v_id, pg_catalog.decode(p_request ->> 'email_hash', 'hex')) END;
    END IF;
    RETURN log.remember('governance', v_who, p_key, 'apply_for_membership', p_request, log.answer('created', pg_catalog.jsonb_build_object(
        'id', v_id, 'class', v_class, 'standing', CASE WHEN v_open THEN 'active' ELSE 'applied' END, 'invite', v_invite)));
END
$$;
