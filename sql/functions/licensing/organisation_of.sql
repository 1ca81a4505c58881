-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the organisation a person acts for; NULL for everybody else.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.organisation_of(p_person uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.organisation_id FROM licensing.person_of_organisation AS p WHERE p.person_id = p_person AND p.left_at IS NULL;
$$;
