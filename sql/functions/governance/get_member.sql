-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one member, for itself or the membership officer, whose look is written down.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_member(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body jsonb := governance.member_body(p_id);
BEGIN
    IF v_body IS NULL OR (p_actor IS DISTINCT FROM p_id AND NOT governance.is_office(p_actor, 'membership_officer')) THEN
        RETURN log.refusal('not_found', 'no such member, or it is not yours to see');
    END IF;
    IF p_actor <> p_id THEN
        INSERT INTO governance.person_view (viewer, member_id) VALUES (p_actor, p_id);
    END IF;
    RETURN log.answer('ok', v_body);
END
$$;
