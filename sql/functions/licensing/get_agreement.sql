-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an agreement, for its organisation and the licensing officer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_agreement(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM licensing.agreement AS a WHERE a.id = p_id
                   AND (licensing.person_role(p_actor, a.organisation_id) IS NOT NULL OR licensing.is_officer(p_actor))) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', licensing.agreement_body(p_id));
END
$$;
