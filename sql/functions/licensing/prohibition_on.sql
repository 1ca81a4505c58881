-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: id of a trust prohibition in force on a purpose; for grants made before it (p_since) only from the date it sets for
--          old ones.
-- Outcomes: none; NULL when there is none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.prohibition_on(p_purpose text, p_since timestamptz DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT p.id FROM governance.prohibition_in_force AS p
        WHERE p.from_at <= pg_catalog.clock_timestamp() AND (p.until_at IS NULL OR p.until_at > pg_catalog.clock_timestamp())
            AND (NOT EXISTS (SELECT FROM licensing.purpose AS q WHERE q.code = p.purpose)
                 OR p_purpose IN (SELECT b.code FROM licensing.purpose_below AS b WHERE b.ancestor = p.purpose))
            AND (p_since IS NULL OR p_since >= p.from_at OR p.old_grants_at <= pg_catalog.clock_timestamp())
        ORDER BY p.from_at LIMIT 1);
END
$$;
