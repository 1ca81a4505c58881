-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the organisation a case is about: that of the application, or the one the sanction is proposed against; NULL for other cases.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.case_organisation(p_case uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(c.body #>> '{application,organisation_id}', c.body ->> 'organisation_id')::uuid FROM governance.council_case AS c WHERE c.id = p_case;
$$;
