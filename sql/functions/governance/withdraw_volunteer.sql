-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a volunteer for appeals panels steps back. Draws whose candidates stand already are not touched.
-- Outcomes: no_content, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.withdraw_volunteer(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO governance.panel_volunteer_end (volunteer_id, at)
    SELECT v.id, pg_catalog.clock_timestamp() FROM governance.panel_volunteer AS v WHERE v.id = p_id AND v.member_id = p_actor
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'no such volunteer, or it is not you');
    END IF;
    RETURN log.answer('no_content', NULL);
END
$$;
