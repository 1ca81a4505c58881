-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for metering, before each batch: whether a sanction or a prohibition in force hits a grant. It may not be suspended yet: a ruling on
--          many grants is worked off in pieces (licensing.apply_rulings), but no stream waits for that.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.is_ruled_out(p_grant uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT licensing.sanction_on(g.organisation_id, g.pool_id, g.purpose) IS NOT NULL OR licensing.prohibition_on(g.purpose, g.created_at) IS NOT NULL
            FROM licensing.data_grant AS g WHERE g.id = p_grant);
END
$$;
