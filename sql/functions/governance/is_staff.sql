-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a member is staff of an organisation: declared, or recorded by an officer, and not ended.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_staff(p_member uuid, p_organisation uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM governance.affiliation AS a WHERE a.member_id = p_member AND a.organisation_id = p_organisation
                       AND NOT EXISTS (SELECT FROM governance.affiliation_end AS e WHERE e.affiliation_id = a.id));
$$;
