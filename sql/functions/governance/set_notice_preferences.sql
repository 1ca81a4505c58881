-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: which kinds of notices a member does not want; the whole list each time. The form was checked in C.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.set_notice_preferences(p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM governance.notice_preference WHERE member_id = p_actor AND NOT (p_body -> 'switched_off' ? kind);
    INSERT INTO governance.notice_preference (member_id, kind)
    SELECT DISTINCT p_actor, k FROM pg_catalog.jsonb_array_elements_text(p_body -> 'switched_off') AS k ON CONFLICT DO NOTHING;
    RETURN log.answer('ok', p_body);
END
$$;
