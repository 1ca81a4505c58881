-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the verified class of an organisation now; NULL when none was verified.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.class_of(p_organisation uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT k.class FROM licensing.organisation_class AS k
            WHERE k.organisation_id = p_organisation AND k.from_at <= pg_catalog.clock_timestamp() ORDER BY k.from_at DESC LIMIT 1);
END
$$;
