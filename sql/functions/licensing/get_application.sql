-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one application, for its organisation, the licensing officer and the council.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_application(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF licensing.application_role(p_actor, p_id) = '' THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', licensing.application_body(p_id));
END
$$;
