-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an elector nominates another, once, whether that one stands already or not: who does not stand is on no ballot. Repeating it answers
--          the same.
-- Outcomes: nominated, incompatible, invalid, not_found, not_allowed_here, forbidden.
-- Locks: the proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.nominate_candidate(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := governance.lock_proposal(p_id);
    v_refusal log.answer := governance.check_nominating(p, p_actor);
    v_member uuid := (p_body ->> 'member_id')::uuid;
    v_detail text;
BEGIN
    IF v_refusal.outcome IS NOT NULL THEN
        RETURN v_refusal;
    END IF;
    v_detail := CASE WHEN v_member = p_actor THEN 'others nominate you' WHEN NOT governance.is_elector(v_member, p) THEN 'this is nobody who may vote in it' END;
    IF v_detail IS NOT NULL THEN
        RETURN log.refusal('invalid', v_detail, pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('pointer', '/member_id', 'detail', v_detail)));
    END IF;
    v_detail := governance.incompatibility(p, v_member);
    IF v_detail IS NOT NULL THEN
        RETURN log.refusal('incompatible', v_detail);
    ELSIF NOT EXISTS (SELECT FROM governance.candidacy AS c WHERE c.proposal_id = p_id AND c.member_id = v_member AND c.by_member = p_actor) THEN
        PERFORM governance.write_candidacy(p_id, v_member, 'nominated', p_actor, NULL);
    END IF;
    RETURN log.answer('nominated', governance.proposal_body(p_id, p_actor));
END
$$;
