-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member leaves, at once, with the offices held; votes cast and earned money stay. Repeating it answers the same.
-- Outcomes: accepted, not_found, not_allowed_here.
-- Locks: advisory transaction lock on the member.
CREATE OR REPLACE FUNCTION governance.leave_membership(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_standing text := (SELECT m.standing FROM governance.member_now AS m WHERE m.member_id = p_id);
BEGIN
    IF p_actor IS DISTINCT FROM p_id OR v_standing IS NULL THEN
        RETURN log.refusal('not_found', 'no such member, or it is not you');
    ELSIF v_standing IN ('expelled', 'deceased') THEN
        RETURN log.refusal('not_allowed_here', 'the standing of this member is ' || v_standing);
    END IF;
    IF v_standing <> 'left' THEN
        PERFORM governance.write_standing(p_id, 'left', NULL, 'left');
        PERFORM governance.end_office(o.office_id, 'left', NULL) FROM governance.office_in_force AS o
        WHERE o.member_id = p_id AND o.until_at > pg_catalog.now();
    END IF;
    RETURN log.answer('accepted', pg_catalog.jsonb_build_object('id', p_id, 'standing', 'left'));
END
$$;
