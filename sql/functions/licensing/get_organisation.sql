-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one organisation, for its persons and the licensing officer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_organisation(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF licensing.person_role(p_actor, p_id) IS NULL AND NOT licensing.is_officer(p_actor)
        OR NOT EXISTS (SELECT FROM licensing.organisation AS o WHERE o.organisation_id = p_id) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', licensing.organisation_body(p_id));
END
$$;
