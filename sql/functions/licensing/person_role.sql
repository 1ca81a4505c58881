-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: applicant or signatory of this organisation; NULL for everybody else.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.person_role(p_person uuid, p_organisation uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.role FROM licensing.person_of_organisation AS p
    WHERE p.person_id = p_person AND p.organisation_id = p_organisation AND p.left_at IS NULL;
$$;
