-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one time a duty of a grant is due, with the document that proves it, for whoever may see the grant.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_duty(p_actor uuid, p_id uuid, p_duty uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (licensing.get_grant(p_actor, p_id)).outcome <> 'ok' OR NOT EXISTS (SELECT FROM licensing.duty_due AS d WHERE d.id = p_duty AND d.grant_id = p_id) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', licensing.duty_body(p_duty, true));
END
$$;
