-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a grant, for its organisation, the licensing officer, board and treasurer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_grant(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM licensing.data_grant AS g WHERE g.id = p_id AND (licensing.person_role(p_actor, g.organisation_id) IS NOT NULL
            OR licensing.is_officer(p_actor) OR governance.is_office(p_actor, 'board') OR governance.is_office(p_actor, 'treasurer'))) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', licensing.grant_body(p_id));
END
$$;
