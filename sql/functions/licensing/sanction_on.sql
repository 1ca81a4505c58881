-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: id of a sanction in force that hits an organisation for a pool and purpose (all where the sanction names none;
--          purposes include what lies below; an unknown purpose hits everything).
-- Outcomes: none; NULL when there is none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.sanction_on(p_organisation uuid, p_pool uuid, p_purpose text) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT s.id FROM governance.sanction_in_force AS s
        WHERE s.organisation_id = p_organisation AND s.from_at <= pg_catalog.clock_timestamp()
            AND (s.until_at IS NULL OR s.until_at > pg_catalog.clock_timestamp())
            AND (s.pool IS NULL OR s.pool = (SELECT p.ref FROM licensing.pool AS p WHERE p.pool_id = p_pool))
            AND (s.purpose IS NULL OR NOT EXISTS (SELECT FROM licensing.purpose AS q WHERE q.code = s.purpose)
                 OR p_purpose IN (SELECT b.code FROM licensing.purpose_below AS b WHERE b.ancestor = s.purpose))
        ORDER BY s.from_at LIMIT 1);
END
$$;
